// istiod as its image runs it, and one more subcommand that renders a chart of the same Istio.
package main

import (
	"os"

	"istio.io/istio/pilot/cmd/pilot-discovery/app"
	"istio.io/istio/pkg/log"
)

func main() {
	root := app.NewRootCommand()
	root.AddCommand(newChartCommand())
	if err := root.Execute(); err != nil {
		log.Error(err)
		os.Exit(1)
	}
}
