package main

import (
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The values of the annotation conformance/becomes. Without it a pod becomes ready.
const (
	annotation       = "conformance/becomes"
	ready            = "ready"
	neverReady       = "never-ready"     // its containers run, the application's is not ready
	proxyNotReady    = "proxy-not-ready" // istio-proxy is not ready
	noSandbox        = "no-sandbox"      // the CNI plugin fails: no container starts
	completes        = "completes"       // the application ends with 0
	validationPrefix = "validation-"     // istio-validation ends with the exit code that follows: validation-126
	validation       = "istio-validation"
	proxy            = "istio-proxy"
)

func becomes(pod *core.Pod) string {
	if value := pod.Annotations[annotation]; value != "" {
		return value
	}
	return ready
}

// validationExit is the exit code of istio-validation where the pod has that container and is to fail there.
func validationExit(pod *core.Pod) (int32, bool) {
	text, isFailing := strings.CutPrefix(becomes(pod), validationPrefix)
	code, err := strconv.ParseInt(text, 10, 32)
	if !isFailing || err != nil || code == 0 {
		return 0, false
	}
	for _, container := range pod.Spec.InitContainers {
		if container.Name == validation {
			return int32(code), true
		}
	}
	return 0, false
}

func isSidecar(container core.Container) bool {
	return container.RestartPolicy != nil && *container.RestartPolicy == core.ContainerRestartPolicyAlways
}

// statusOf says what a kubelet would say once the pod has got as far as it gets.
func statusOf(pod *core.Pod, now meta.Time) core.PodStatus {
	code, failsValidation := validationExit(pod)
	outcome := becomes(pod)
	status := core.PodStatus{StartTime: &now, Phase: core.PodRunning, QOSClass: pod.Status.QOSClass}
	isBlocked := failsValidation || outcome == noSandbox
	isReady, isInitialized := !isBlocked, !isBlocked

	reached := outcome != noSandbox
	for _, container := range pod.Spec.InitContainers {
		state := core.ContainerStatus{Name: container.Name, Image: container.Image}
		switch {
		case !reached:
			state.State = waiting("PodInitializing")
		case container.Name == validation && failsValidation:
			state.State, state.LastTerminationState, state.RestartCount = failing(pod, code, now)
			reached = false
		case isSidecar(container):
			state.State, state.Started = running(now), boolean(true)
			state.Ready = !(container.Name == proxy && outcome == proxyNotReady)
			isReady = isReady && state.Ready
		default:
			state.State, state.Ready = terminated(0, "Completed", now), true
		}
		status.InitContainerStatuses = append(status.InitContainerStatuses, state)
	}
	for index, container := range pod.Spec.Containers {
		state := core.ContainerStatus{Name: container.Name, Image: container.Image}
		isProxy := container.Name == proxy
		switch {
		case outcome == noSandbox:
			state.State = waiting("ContainerCreating")
		case isBlocked:
			state.State = waiting("PodInitializing")
		case outcome == completes:
			state.State, isReady = terminated(0, "Completed", now), false
		default:
			state.State, state.Started = running(now), boolean(true)
			unready := (isProxy && outcome == proxyNotReady) || (index == 0 && outcome == neverReady)
			state.Ready = !unready
			isReady = isReady && !unready
		}
		status.ContainerStatuses = append(status.ContainerStatuses, state)
	}
	status.Phase = phase(pod, outcome, isBlocked, failsValidation)
	status.Conditions = conditions(now, outcome != noSandbox, isInitialized, isReady)
	return status
}

func phase(pod *core.Pod, outcome string, isBlocked, failsValidation bool) core.PodPhase {
	switch {
	case failsValidation && pod.Spec.RestartPolicy == core.RestartPolicyNever:
		return core.PodFailed
	case isBlocked:
		return core.PodPending
	case outcome == completes && pod.Spec.RestartPolicy != core.RestartPolicyAlways:
		return core.PodSucceeded
	default:
		return core.PodRunning
	}
}

// failing is an init container between two tries, or one that is not tried again.
func failing(pod *core.Pod, code int32, now meta.Time) (state, last core.ContainerState, restarts int32) {
	ended := terminated(code, "Error", now)
	if pod.Spec.RestartPolicy == core.RestartPolicyNever {
		return ended, core.ContainerState{}, 0
	}
	return waiting("CrashLoopBackOff"), ended, 3
}

func conditions(now meta.Time, hasSandbox, isInitialized, isReady bool) []core.PodCondition {
	condition := func(kind core.PodConditionType, is bool) core.PodCondition {
		status := core.ConditionFalse
		if is {
			status = core.ConditionTrue
		}
		return core.PodCondition{Type: kind, Status: status, LastTransitionTime: now}
	}
	return []core.PodCondition{
		condition(core.PodReadyToStartContainers, hasSandbox),
		condition(core.PodInitialized, isInitialized),
		condition(core.ContainersReady, isReady),
		condition(core.PodReady, isReady),
	}
}

func waiting(reason string) core.ContainerState {
	return core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: reason}}
}

func running(now meta.Time) core.ContainerState {
	return core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}}
}

func terminated(code int32, reason string, now meta.Time) core.ContainerState {
	return core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: code, Reason: reason, StartedAt: now, FinishedAt: now}}
}

func boolean(value bool) *bool { return &value }
