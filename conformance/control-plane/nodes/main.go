// Nodes without machines: registers Node objects and says of the pods that the real scheduler binds to them what kubelets would
// say. No container runs. What becomes of a pod is said by its annotation conformance/becomes (see status.go).
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	count := flag.Int("count", 3, "number of Linux nodes")
	version := flag.String("kubelet-version", "v1.33.13", "version that the nodes name as their kubelet's")
	start := flag.Duration("pod-start", 300*time.Millisecond, "time from a pod's binding to its containers' start")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatalf("reading the kubeconfig: %v", err)
	}
	config.QPS, config.Burst = 1000, 2000
	config.UserAgent = "conformance-nodes"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatalf("making a client: %v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	names := nodeNames(*count)
	for _, name := range names {
		if err := registerNode(ctx, client, name, *version, meta.Now()); err != nil {
			log.Fatalf("registering the node %s: %v", name, err)
		}
	}
	go keepAlive(ctx, client, names, *version)
	log.Printf("%d nodes are registered", len(names))
	runPods(ctx, client, *start)
}
