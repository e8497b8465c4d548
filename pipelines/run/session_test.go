package run

import "testing"

// TestServerOf: the names and addresses of one server are one.
func TestServerOf(t *testing.T) {
	for _, same := range [][]string{
		{"http://localhost:8080/api", "http://127.0.0.1:8080/", "http://[::1]:8080/x", "http://LOCALHOST.:8080", "http://127.0.0.2:8080",
			"http://[::ffff:127.0.0.1]:8080", "http://0.0.0.0:8080", "http://[0:0:0:0:0:0:0:1]:8080"},
		{"https://civicdb.org/api/graphql", "https://CIVICDB.org:443/", "https://civicdb.org./x"},
		{"http://civicdb.org/", "http://civicdb.org:80/"},
		{"http://10.0.0.1:80", "http://10.0.0.1", "http://[::ffff:10.0.0.1]"},
	} {
		for _, endpoint := range same[1:] {
			if got, want := serverOf(endpoint), serverOf(same[0]); got != want {
				t.Errorf("%s is %s, and %s is %s", endpoint, got, same[0], want)
			}
		}
	}
	if serverOf("https://civicdb.org") == serverOf("http://civicdb.org") || serverOf("http://localhost:1") == serverOf("http://localhost:2") {
		t.Error("two ports are one server")
	}
}
