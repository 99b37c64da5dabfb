package main

import (
	"context"
	"encoding/json"
	"log"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// kubelet does for all nodes what a kubelet does for one: reports what became of bound pods, removes those that are deleted.
type kubelet struct {
	client kubernetes.Interface
	queue  workqueue.TypedRateLimitingInterface[string]
	store  cache.Store
	start  time.Duration
}

// runPods works until the context ends.
func runPods(ctx context.Context, client kubernetes.Interface, start time.Duration) {
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Pods().Informer()
	k := &kubelet{
		client: client,
		queue:  workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]()),
		store:  informer.GetStore(),
		start:  start,
	}
	enqueue := func(object any) {
		if key, err := cache.MetaNamespaceKeyFunc(object); err == nil {
			k.queue.Add(key)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	})
	if err != nil {
		log.Fatalf("watching pods: %v", err)
	}
	factory.Start(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
	for range 32 {
		go k.work(ctx)
	}
	<-ctx.Done()
	k.queue.ShutDown()
}

func (k *kubelet) work(ctx context.Context) {
	for {
		key, stopped := k.queue.Get()
		if stopped {
			return
		}
		wait, err := k.sync(ctx, key)
		switch {
		case err != nil && !apierrors.IsNotFound(err):
			log.Printf("%s: %v", key, err)
			k.queue.AddRateLimited(key)
		case wait > 0:
			k.queue.Forget(key)
			k.queue.AddAfter(key, wait)
		default:
			k.queue.Forget(key)
		}
		k.queue.Done(key)
	}
}

// sync brings one pod a step further; it returns how long to wait where its time has not come.
func (k *kubelet) sync(ctx context.Context, key string) (time.Duration, error) {
	object, exists, err := k.store.GetByKey(key)
	pod, isPod := object.(*core.Pod)
	if err != nil || !exists || !isPod || pod.Spec.NodeName == "" {
		return 0, err
	}
	if pod.DeletionTimestamp != nil {
		now := int64(0)
		return 0, k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, meta.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &meta.Preconditions{UID: &pod.UID}})
	}
	if pod.Status.StartTime != nil && !isMarkedUnready(pod) {
		return 0, nil
	}
	if wait := time.Until(pod.CreationTimestamp.Add(k.start)); wait > 0 {
		return wait, nil
	}
	return 0, k.report(ctx, pod)
}

// isMarkedUnready: the controller manager does that to the pods of a node that it calls not ready; a kubelet takes it back.
func isMarkedUnready(pod *core.Pod) bool {
	ready := map[core.PodConditionType]core.ConditionStatus{}
	for _, condition := range pod.Status.Conditions {
		ready[condition.Type] = condition.Status
	}
	return ready[core.ContainersReady] == core.ConditionTrue && ready[core.PodReady] == core.ConditionFalse
}

// report writes the pod's status; it stays so until the pod is replaced.
func (k *kubelet) report(ctx context.Context, pod *core.Pod) error {
	since := meta.Now()
	if pod.Status.StartTime != nil {
		since = *pod.Status.StartTime
	}
	patch, err := json.Marshal(map[string]any{"status": statusOf(pod, since)})
	if err != nil {
		return err
	}
	_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, meta.PatchOptions{}, "status")
	if err != nil || becomes(pod) != noSandbox {
		return err
	}
	return k.tellOfNoSandbox(ctx, pod)
}

// tellOfNoSandbox makes the event that a kubelet makes where a CNI plugin fails.
func (k *kubelet) tellOfNoSandbox(ctx context.Context, pod *core.Pod) error {
	now := meta.Now()
	event := &core.Event{
		ObjectMeta:     meta.ObjectMeta{GenerateName: pod.Name + ".", Namespace: pod.Namespace},
		InvolvedObject: core.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Type:           core.EventTypeWarning,
		Reason:         "FailedCreatePodSandBox",
		Message:        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"istio-cni\" failed (add): no such file or directory",
		Source:         core.EventSource{Component: "kubelet", Host: pod.Spec.NodeName},
		FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}
	_, err := k.client.CoreV1().Events(pod.Namespace).Create(ctx, event, meta.CreateOptions{})
	return err
}
