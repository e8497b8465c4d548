package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/schemas"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo-api",
		Usage: "serve a demo API with synthetic data",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Value: "127.0.0.1:8321", Usage: "`HOST:PORT` to listen on; port 0 picks a free one"},
			&cli.StringSliceFlag{Name: "nodes",
				Usage: "read the nodes of a connection from a file: `connection=FILE.ndjson[.gz]` (repeatable)"},
			&cli.IntFlag{Name: "requests", Value: 900,
				Usage: "allow `N` requests per address and --per without an API key; negative: no limit"},
			&cli.DurationFlag{Name: "per", Value: 5 * time.Minute, Usage: "window of the rate limit, a `DURATION`"},
			&cli.StringSliceFlag{Name: "key", Usage: "accept an API key, which has no rate limit (repeatable)"},
			&cli.DurationFlag{Name: "latency", Usage: "delay each answer by a `DURATION` such as 200ms"},
			&cli.BoolFlag{Name: "shuffle", Usage: "return ties of an order in any order, as the real server does"},
			&cli.StringFlag{Name: "schema",
				Usage: "serve another schema, to try specs on a changed API: `FILE` with SDL or introspection JSON"},
			&cli.StringSliceFlag{Name: "fault", Usage: "inject a `FAULT`, such as 503@3x2 (repeatable)"},
		},
		Action: serveDemo,
	}
}

func serveDemo(c *cli.Context) error {
	switch {
	case c.Args().Present():
		return usagef("demo-api takes no arguments")
	case c.Duration("per") <= 0:
		return usagef("--per %s: give a duration above zero, such as 5m", c.Duration("per"))
	case c.Duration("latency") < 0:
		return usagef("--latency %s: give a duration, such as 200ms", c.Duration("latency"))
	}
	if len(c.StringSlice("nodes")) > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(math.MaxInt64) // nodes stay in memory: above a limit, the collector would never rest
	}
	server, err := newDemo(c)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.String("addr"))
	if err != nil {
		return fmt.Errorf("demo-api: listen: %w; choose another address with --addr", err)
	}
	fmt.Fprint(c.App.ErrWriter, beyondLoopback(listener.Addr()))
	fmt.Fprintf(c.App.Writer, "listening on http://%s/api/graphql\n", listener.Addr())
	return serve(c.Context, listener, server)
}

// beyondLoopback is a warning if a listener takes connections from other machines.
func beyondLoopback(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return ""
	}
	return fmt.Sprintf("warning: demo-api: other machines can reach %s; --addr 127.0.0.1:%d keeps them out\n",
		tcp, tcp.Port)
}

func newDemo(c *cli.Context) (*demoapi.Server, error) {
	nodes, err := nodeFiles(c.StringSlice("nodes"))
	if err != nil {
		return nil, err
	}
	options := demoapi.Options{
		Nodes: nodes, Requests: c.Int("requests"), Per: c.Duration("per"), Keys: c.StringSlice("key"),
		Latency: c.Duration("latency"), Shuffle: c.Bool("shuffle"),
	}
	if file := c.String("schema"); file != "" {
		if options.Schema, err = schemas.Open(file); err != nil {
			return nil, usage{err}
		}
	}
	for _, text := range c.StringSlice("fault") {
		fault, err := demoapi.ParseFault(text)
		if err != nil {
			return nil, usage{err}
		}
		options.Faults = append(options.Faults, fault)
	}
	return demoapi.New(options)
}

// serve answers requests until ctx ends, without an error then: users stop the server with an interrupt.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("demo-api: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return g.Wait()
}

// demoEndpoint names the demo API in manifests. Nothing resolves it.
const demoEndpoint = "http://demo.localhost/api/graphql"

// withDemo calls work. Under --demo it connects the runner to a demo API in memory.
func withDemo(c *cli.Context, runner *run.Runner, work func() error) error {
	if !c.Bool("demo") {
		return work()
	}
	nodes, err := nodeFiles(c.StringSlice("demo-nodes"))
	if err != nil {
		return err
	}
	handler, err := demoapi.New(demoapi.Options{Nodes: nodes, Requests: -1})
	if err != nil {
		return usage{err}
	}
	listener := listenPipe()
	transport := &http.Transport{DialContext: listener.DialContext}
	defer transport.CloseIdleConnections()
	runner.Transport, runner.Endpoint = transport, demoEndpoint

	ctx, cancel := context.WithCancel(context.Background())
	var g errgroup.Group
	g.Go(func() error { return serve(ctx, listener, handler) })
	err = work()
	cancel()
	return errors.Join(err, g.Wait())
}

// nodeFiles parses the connection=FILE pairs of a flag.
func nodeFiles(pairs []string) (map[string]string, error) {
	files := map[string]string{}
	for _, pair := range pairs {
		connection, file, ok := strings.Cut(pair, "=")
		if !ok || connection == "" || file == "" {
			return nil, usagef("%q: give connection=FILE, such as evidenceItems=nodes.ndjson.gz", pair)
		}
		files[connection] = file
	}
	return files, nil
}
