package graphql

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// newTransport makes a client's connections. The client decompresses bodies itself, to bound both sizes.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost:    16, // more than usual concurrency
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

const exampleURL = "https://civicdb.org/api/graphql"

func checkEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		// The parser's text would repeat a password in the URL.
		return nil, errors.New("endpoint is not a URL; give one like " + exampleURL)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("endpoint %q is not an http or https URL; give one like %s", u.Redacted(), exampleURL)
	case u.User != nil:
		return nil, fmt.Errorf("endpoint %s contains a user name or password; give the API key in the environment instead",
			u.Redacted())
	}
	u.Fragment = ""
	return u, nil
}

// checkKey refuses a key that cannot be sent, or not encrypted.
func checkKey(key string, endpoint *url.URL) error {
	if strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return errors.New("the API key contains a space, a line break or another invalid character; " +
			"check its environment variable")
	}
	if key != "" && endpoint.Scheme == "http" && !loopback(endpoint.Hostname()) {
		return fmt.Errorf("an API key is never sent over plain http; use https://%s%s, or unset the key",
			endpoint.Host, endpoint.Path)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var errRedirected = errors.New("redirected")

// checkRedirect follows a redirect only if the same POST goes to the same scheme, host and port: no
// other server may see the key or the query.
func checkRedirect(next *http.Request, via []*http.Request) error {
	from, to := via[0].URL, next.URL
	target := (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
	switch {
	case to.Scheme != from.Scheme || to.Host != from.Host:
		return fmt.Errorf("%w to %s, another server", errRedirected, target)
	case next.Method != http.MethodPost:
		return fmt.Errorf("%w to %s, without the query", errRedirected, target)
	case len(via) >= 3:
		return fmt.Errorf("%w to %s, too many times", errRedirected, target)
	}
	return nil
}
