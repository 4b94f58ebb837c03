// SPDX-License-Identifier: Apache-2.0

// A client of GetSocketpath with grpc-go, as the CNI plugins have it.
//
//     client SOCKET ADDRESS...
//
// prints the path of each address.  It dials and calls as those do: blocking,
// 5 seconds for the one and 10 for the other.  The messages are written and
// read by hand, as there is one field.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
)

const method = "/vdpadpdk.VdpaDpdk/GetSocketpath"

// A codec for messages that are one string in field 1.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v interface{}) ([]byte, error) {
	text := *v.(*string)
	if len(text) > 127 {
		return nil, fmt.Errorf("%d bytes are too long", len(text))
	}
	return append([]byte{0x0a, byte(len(text))}, text...), nil
}

func (codec) Unmarshal(data []byte, v interface{}) error {
	if len(data) == 0 {
		*v.(*string) = ""
		return nil
	}
	if len(data) < 2 || data[0] != 0x0a || int(data[1]) != len(data)-2 {
		return fmt.Errorf("unexpected message %x", data)
	}
	*v.(*string) = string(data[2:])
	return nil
}

func main() {
	dial := func(ctx context.Context, path string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := grpc.DialContext(ctx, os.Args[1], grpc.WithInsecure(),
		grpc.WithBlock(), grpc.WithContextDialer(dial))
	if err != nil {
		fmt.Fprintln(os.Stderr, "dial:", err)
		os.Exit(1)
	}
	defer conn.Close()
	for _, address := range os.Args[2:] {
		ctx, cancel := context.WithTimeout(context.Background(),
			10*time.Second)
		defer cancel()
		var path string
		err := conn.Invoke(ctx, method, &address, &path,
			grpc.ForceCodec(codec{}))
		if err != nil {
			fmt.Fprintln(os.Stderr, "call:", err)
			os.Exit(1)
		}
		fmt.Println(path)
	}
}
