package graphql

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestTransportSpeaksHTTP2 checks certificates, and uses one connection.
func TestTransportSpeaksHTTP2(t *testing.T) {
	callers := map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.Header.Get("Authorization") != "Bearer "+key {
			t.Errorf("%s, authorization %q", r.Proto, r.Header.Get("Authorization"))
		}
		callers[r.RemoteAddr] = true
		_, _ = io.WriteString(w, good)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport := newTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	c := client(t, server.URL, withKey, func(o *Options) { o.Transport = transport })
	for range 3 {
		if _, err := c.Do(t.Context(), "{ x }", nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(callers) != 1 {
		t.Errorf("%d connections for three requests in a row", len(callers))
	}
}
