package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// TestPipeServesHTTP sends concurrent requests, each over its own connection.
func TestPipeServesHTTP(t *testing.T) {
	listener := listenPipe()
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})}
	var serving errgroup.Group
	serving.Go(func() error { return server.Serve(listener) })
	transport := &http.Transport{DialContext: listener.DialContext, DisableKeepAlives: true}
	var g errgroup.Group
	for i := range 50 {
		g.Go(func() error {
			want := strings.Repeat(fmt.Sprint(i), 100_000)
			r, err := (&http.Client{Transport: transport}).Post("http://demo.localhost/", "text/plain", strings.NewReader(want))
			if err != nil {
				return err
			}
			defer r.Body.Close()
			if got, err := io.ReadAll(r.Body); err != nil || string(got) != want {
				return fmt.Errorf("request %d: %d bytes of %d: %w", i, len(got), len(want), err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(server.Close(), server.Close()); err != nil {
		t.Error(err)
	}
	if err := serving.Wait(); !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

func TestPipeClosed(t *testing.T) {
	listener := listenPipe()
	var g errgroup.Group
	for range 10 {
		g.Go(func() error { // nobody accepts: pending until the listener is closed
			_, err := listener.DialContext(t.Context(), "", "")
			return err
		})
	}
	for range 2 {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := g.Wait(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a pending dial: %v", err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}

func TestPipeObeysContextAndDeadline(t *testing.T) {
	listener := listenPipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := listener.DialContext(ctx, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled dial: %v", err)
	}
	var g errgroup.Group
	g.Go(func() error {
		c, err := listener.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
			return err
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("a read after its deadline: %w", err)
		}
		return nil
	})
	c, err := listener.DialContext(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
