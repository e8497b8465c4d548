package graphql

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/gzip"
)

// readBody reads and decompresses a body up to EOF, the only sign that it is complete. It bounds the
// compressed and the decompressed size. Before it takes more memory than smallBody, it calls room.
func readBody(ctx context.Context, resp *http.Response, limit int64, room func() error) ([]byte, error) {
	// One byte more than allowed tells "too large" from "just fits".
	compressed := &io.LimitedReader{R: resp.Body, N: limit + 1}
	r, err := decompress(resp.Header.Get("Content-Encoding"), compressed)
	if err != nil {
		return nil, brokenBody(err)
	}
	size := int64(32 << 10)
	if n := resp.ContentLength; n > 0 && r == compressed {
		size = min(n, limit, smallBody) + bytes.MinRead
	}
	text := make([]byte, 0, size)
	for ctx.Err() == nil {
		if len(text) == cap(text) {
			if cap(text) < smallBody && 2*cap(text) >= smallBody {
				if err := room(); err != nil {
					return nil, err
				}
			}
			text = slices.Grow(text, int(min(int64(cap(text)), limit+1-int64(cap(text)))))
		}
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case compressed.N <= 0 || int64(len(text)) > limit:
			return nil, &attemptError{
				err:  fmt.Errorf("the answer is larger than %s", humanize.IBytes(uint64(limit))),
				hint: smallerPages,
			}
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, brokenBody(err)
		}
	}
	return nil, brokenBody(context.Cause(ctx))
}

func decompress(encoding string, compressed io.Reader) (io.Reader, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return compressed, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(compressed)
	}
	return nil, fmt.Errorf("unexpected Content-Encoding %s", strconv.QuoteToASCII(encoding))
}

// readHead reads the beginning of a body that is refused, for an error message.
func readHead(resp *http.Response) []byte {
	r, err := decompress(resp.Header.Get("Content-Encoding"), resp.Body)
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(r, 64<<10))
	return text
}

func brokenBody(err error) *attemptError {
	return &attemptError{err: fmt.Errorf("the answer is truncated or corrupt: %w", err), retry: true}
}

// badStatus explains a status other than 200, with the errors of a JSON body or the first bytes of
// another one.
func (c *Client) badStatus(resp *http.Response, text []byte) *attemptError {
	status := resp.StatusCode
	f := &attemptError{status: status, err: statusError(resp), after: retryAfter(resp.Header.Get("Retry-After"))}
	f.down = status >= 500
	f.retry = f.down || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
	top, _ := ReadOutline(context.Background(), text, nil)
	failed := readErrors(top.Errors)
	if failed != nil {
		f.err = fmt.Errorf("%w: %w", f.err, failed)
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.hint = "the server denies access: check the API key, if one is set, and the network's proxy"
	case status >= http.StatusInternalServerError:
		f.hint = "the server is in trouble; run again later"
	case failed != nil:
	case !f.retry:
		f.err = fmt.Errorf("%w from %s%s", f.err, c.address(), quoted(text))
		f.hint = "check that the endpoint is a GraphQL API"
	}
	return f
}

func statusError(resp *http.Response) error {
	if resp.StatusCode == http.StatusInternalServerError {
		return ErrInternal
	}
	return fmt.Errorf("%d %s", resp.StatusCode, cmp.Or(http.StatusText(resp.StatusCode), "unknown status"))
}

// ErrInternal is a 500. Some servers give one for a page with a record that they cannot resolve.
var ErrInternal = errors.New("500 Internal Server Error")

// badMediaType refuses media types other than JSON. It accepts a missing one, and plain text, which
// some servers declare for JSON.
func (c *Client) badMediaType(resp *http.Response) *attemptError {
	header := resp.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	if err == nil && (strings.Contains(kind, "json") || kind == "text/plain") {
		return nil
	}
	why := fmt.Errorf("media type %s instead of JSON", strconv.QuoteToASCII(cut(header, 80)))
	text := readHead(resp)
	if c.key.inText(text) {
		return c.keyEchoed()
	}
	return c.notGraphQL(why, text)
}

// notGraphQL refuses an answer that no GraphQL server gives: a proxy's page, or of a wrong endpoint.
func (c *Client) notGraphQL(why error, text []byte) *attemptError {
	return &attemptError{
		err:   fmt.Errorf("200 OK from %s but not GraphQL: %w%s", c.address(), why, quoted(text)),
		hint:  "check that the endpoint is a GraphQL API and that no proxy answers for it",
		retry: true,
	}
}
