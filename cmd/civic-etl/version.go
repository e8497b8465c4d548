package main

import "runtime/debug"

// release is set by the release build: -ldflags "-X main.release=1.2.3".
var release = ""

// version is the release, or the module version `go install` recorded, or dev.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// userAgent names the program to the API's operators, as they ask.
func userAgent() string {
	return "civic-etl/" + version() + " (+https://github.com/civic-etl/civic-etl)"
}
