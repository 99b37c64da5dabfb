package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const leaseNamespace = "kube-node-lease"

// nodeNames are spelled as AKS spells those of a pool.
func nodeNames(count int) []string {
	names := make([]string, count)
	for index := range names {
		names[index] = fmt.Sprintf("aks-userpool-27182818-vmss%06d", index)
	}
	return names
}

// registerNode makes a node where there is none, and says that it is ready, since when.
func registerNode(ctx context.Context, client kubernetes.Interface, name, version string, since meta.Time) error {
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: name, Labels: map[string]string{
		"kubernetes.io/os":               "linux",
		"kubernetes.io/arch":             "amd64",
		"kubernetes.io/hostname":         name,
		"kubernetes.azure.com/agentpool": "userpool",
	}}}
	if _, err := client.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	// Room for 5,000 pods with sidecars, and for those of the other expectations beside them.
	room := core.ResourceList{
		core.ResourceCPU:    resource.MustParse("1000"),
		core.ResourceMemory: resource.MustParse("4Ti"),
		core.ResourcePods:   resource.MustParse("5000"),
	}
	status := core.NodeStatus{
		Capacity:    room,
		Allocatable: room,
		Conditions: []core.NodeCondition{{
			Type: core.NodeReady, Status: core.ConditionTrue, Reason: "KubeletReady", Message: "no kubelet: a conformance node",
			LastHeartbeatTime: meta.Now(), LastTransitionTime: since,
		}},
		NodeInfo: core.NodeSystemInfo{
			OperatingSystem: "linux", Architecture: "amd64", KubeletVersion: version, OSImage: "none", ContainerRuntimeVersion: "none://0",
		},
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Nodes().Patch(ctx, name, types.StrategicMergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}

// keepAlive renews the nodes' leases: without that the controller manager calls them not ready and evicts their pods. It repeats
// their status as well, since they are called not ready too while the API server is away for long.
func keepAlive(ctx context.Context, client kubernetes.Interface, names []string, version string) {
	since := meta.Now()
	for {
		for _, name := range names {
			if err := registerNode(ctx, client, name, version, since); err != nil && ctx.Err() == nil {
				log.Printf("reporting the status of %s: %v", name, err)
			}
			if err := renewLease(ctx, client, name); err != nil && ctx.Err() == nil {
				log.Printf("renewing the lease of %s: %v", name, err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Second):
		}
	}
}

func renewLease(ctx context.Context, client kubernetes.Interface, name string) error {
	leases := client.CoordinationV1().Leases(leaseNamespace)
	now := meta.NewMicroTime(time.Now())
	seconds := int32(40)
	lease, err := leases.Get(ctx, name, meta.GetOptions{})
	if apierrors.IsNotFound(err) {
		lease = &coordination.Lease{ObjectMeta: meta.ObjectMeta{Name: name, Namespace: leaseNamespace}}
		lease.Spec = coordination.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &now}
		_, err = leases.Create(ctx, lease, meta.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease.Spec.RenewTime = &now
	_, err = leases.Update(ctx, lease, meta.UpdateOptions{})
	return err
}
