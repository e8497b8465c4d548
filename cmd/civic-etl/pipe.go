package main

import (
	"context"
	"errors"
	"net"
	"sync"
)

// pipeListener is a net.Listener whose connections are net.Pipes in this process. Its methods may run concurrently.
type pipeListener struct {
	dialed chan net.Conn
	closed chan struct{}
	close  func()
}

func listenPipe() *pipeListener {
	closed := make(chan struct{})
	return &pipeListener{dialed: make(chan net.Conn), closed: closed, close: sync.OnceFunc(func() { close(closed) })}
}

// DialContext connects to the listener. It blocks until Accept takes the connection, the listener closes or ctx ends.
func (l *pipeListener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	var err error
	select {
	case l.dialed <- server:
		return client, nil
	case <-l.closed:
		err = net.ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, errors.Join(err, client.Close(), server.Close())
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialed:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes pending and later calls of Accept and DialContext fail. Accepted connections stay open.
func (l *pipeListener) Close() error {
	l.close()
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Net: "pipe", Name: "demo"} }
