package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"istio.io/istio/operator/pkg/helm"
	"istio.io/istio/operator/pkg/values"
)

// newChartCommand renders a chart that the module carries, such as istio-control/istio-discovery. Values come as JSON on
// standard input; YAML documents go to standard output.
func newChartCommand() *cobra.Command {
	var namespace string
	command := &cobra.Command{
		Use:  "chart CHART",
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			given, err := io.ReadAll(command.InOrStdin())
			if err != nil {
				return err
			}
			chartValues := map[string]any{}
			if err := json.Unmarshal(given, &chartValues); err != nil {
				return fmt.Errorf("the values are not a JSON object: %w", err)
			}
			wrapped := values.Map{"spec": map[string]any{"values": chartValues}}
			documents, warnings, err := helm.Render("istio", namespace, args[0], wrapped, nil)
			if err != nil {
				return err
			}
			for _, warning := range warnings {
				fmt.Fprintln(command.ErrOrStderr(), warning)
			}
			for _, document := range documents {
				fmt.Fprintf(command.OutOrStdout(), "---\n%s\n", document.Content)
			}
			return nil
		},
	}
	command.Flags().StringVar(&namespace, "namespace", "aks-istio-system", "namespace of the release")
	return command
}
