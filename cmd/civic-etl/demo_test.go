package main

import (
	"net"
	"strings"
	"testing"
)

func TestBeyondLoopback(t *testing.T) {
	for ip, want := range map[string]string{
		"127.0.0.1":   "",
		"127.0.0.2":   "",
		"::1":         "",
		"0.0.0.0":     "other machines can reach 0.0.0.0:8321; --addr 127.0.0.1:8321",
		"::":          "other machines can reach [::]:8321;",
		"192.168.1.5": "other machines can reach 192.168.1.5:8321;",
	} {
		got := beyondLoopback(&net.TCPAddr{IP: net.ParseIP(ip), Port: 8321})
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", ip, got, want)
		}
	}
}
