// Encodes objects with Kubernetes' own encoder. Reads the output of objects.ts and prints it with the encoded bytes in base64:
//
//	go mod tidy && npx tsx objects.ts | go run . > vectors.json
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

type vector struct {
	Name     string          `json:"name"`
	Object   json.RawMessage `json:"object"`
	Protobuf string          `json:"protobuf"`
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var vectors []vector
	check(json.NewDecoder(os.Stdin).Decode(&vectors))
	scheme := runtime.NewScheme()
	check(corev1.AddToScheme(scheme))
	check(appsv1.AddToScheme(scheme))
	encoder := protobuf.NewSerializer(scheme, scheme)
	for i := range vectors {
		var types metav1.TypeMeta
		check(json.Unmarshal(vectors[i].Object, &types))
		object, err := scheme.New(types.GroupVersionKind())
		check(err)
		strict := json.NewDecoder(bytes.NewReader(vectors[i].Object))
		strict.DisallowUnknownFields()
		check(strict.Decode(object))
		var encoded bytes.Buffer
		check(encoder.Encode(object, &encoded))
		vectors[i].Protobuf = base64.StdEncoding.EncodeToString(encoded.Bytes())
	}
	for i, vector := range vectors {
		var line bytes.Buffer
		out := json.NewEncoder(&line)
		out.SetEscapeHTML(false)
		check(out.Encode(vector))
		os.Stdout.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		os.Stdout.Write(bytes.TrimSpace(line.Bytes()))
	}
	os.Stdout.WriteString("\n]\n")
}
