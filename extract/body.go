package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/gzip"
)

// readBody reads a body to its end, unpacked. Reading on to EOF is what shows
// that a body was cut. It never holds more than limit bytes, however small the
// packed body is.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	// One byte more than allowed tells "too large" from "just fits".
	packed := &io.LimitedReader{R: resp.Body, N: limit + 1}
	r, err := unpack(resp.Header.Get("Content-Encoding"), packed)
	if err != nil {
		return nil, brokenBody(err)
	}
	var b bytes.Buffer
	if n := resp.ContentLength; n > 0 && r == packed {
		b.Grow(int(min(n, limit)) + bytes.MinRead)
	}
	_, err = b.ReadFrom(io.LimitReader(r, limit+1))
	switch {
	case packed.N <= 0 || int64(b.Len()) > limit:
		return nil, &fault{
			err:  fmt.Errorf("the answer is larger than %s", humanize.IBytes(uint64(limit))),
			hint: "ask for smaller pages (extract.page_size) or fewer columns",
		}
	case err != nil:
		return nil, brokenBody(err)
	}
	return b.Bytes(), nil
}

func unpack(encoding string, packed io.Reader) (io.Reader, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return packed, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(packed)
	}
	return nil, fmt.Errorf("packed as %s, which was not asked for", strconv.QuoteToASCII(encoding))
}

// readHead reads what can be had of the beginning of a body that is refused
// anyway; what cannot be read of it changes nothing.
func readHead(resp *http.Response) []byte {
	r, err := unpack(resp.Header.Get("Content-Encoding"), resp.Body)
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(r, 64<<10))
	return text
}

func brokenBody(err error) *fault {
	return &fault{err: fmt.Errorf("the answer broke off or was damaged: %w", err), retry: true}
}

// badStatus says what an answer with another status than 200 means, with what a
// JSON body says or the first bytes of any other.
func (c *Client) badStatus(resp *http.Response) *fault {
	status := resp.StatusCode
	f := &fault{status: status, err: statusError(resp), after: retryAfter(resp.Header.Get("Retry-After"))}
	f.retry = status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
	text := readHead(resp)
	failed := c.graphQLError(text)
	if failed != nil {
		f.err = fmt.Errorf("%w: %w", f.err, failed)
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.hint = "the server turns this caller away: check the API key, if one is set, and the network's proxy"
	case status >= http.StatusInternalServerError:
		f.hint = "the server is in trouble; run again later"
	case failed != nil:
	case !f.retry:
		f.err = fmt.Errorf("%w from %s%s", f.err, c.place(), c.quoted(text))
		f.hint = "check that the endpoint is a GraphQL API"
	}
	return f
}

func statusError(resp *http.Response) error {
	switch text := http.StatusText(resp.StatusCode); {
	case resp.StatusCode == http.StatusInternalServerError:
		return errInternal
	case text != "":
		return fmt.Errorf("%d %s", resp.StatusCode, text)
	}
	return fmt.Errorf("status %d", resp.StatusCode)
}

// errInternal is a 500: some servers give one for a page whose records they
// cannot resolve.
var errInternal = errors.New("500 Internal Server Error")

// badKind refuses media types other than JSON's. A missing one is let through,
// and plain text, which is what a careless server calls its JSON.
func (c *Client) badKind(resp *http.Response) *fault {
	header := resp.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	if err == nil && (strings.Contains(kind, "json") || kind == "text/plain") {
		return nil
	}
	why := fmt.Errorf("media type %s instead of JSON", strconv.QuoteToASCII(cut(string(c.clean([]byte(header))), 80)))
	return c.notGraphQL(why, readHead(resp))
}

// notGraphQL is an answer no GraphQL server would give: a proxy's page, for one.
// It may pass; where it does not, the endpoint is the likely mistake.
func (c *Client) notGraphQL(why error, text []byte) *fault {
	return &fault{
		err:   fmt.Errorf("200 OK from %s but not GraphQL: %w%s", c.place(), why, c.quoted(text)),
		hint:  "check that the endpoint is a GraphQL API and that no proxy answers for it",
		retry: true,
	}
}

// place is the endpoint without its query, which may hold what is private.
func (c *Client) place() string {
	return c.endpoint.Scheme + "://" + c.endpoint.Host + c.endpoint.EscapedPath()
}

// quoted is the beginning of a body, safe to print, or that there is none.
func (c *Client) quoted(text []byte) string {
	const most = 120
	line := strings.Join(strings.Fields(string(c.clean(text[:min(len(text), 4<<10)]))), " ")
	if line == "" {
		return ", an empty body"
	}
	return ", beginning " + strconv.QuoteToASCII(cut(line, most))
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
