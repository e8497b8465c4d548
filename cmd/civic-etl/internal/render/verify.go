package render

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/load/verify"
)

// Verification lists the differences between a published folder and its manifest, or
// says that there are none.
func Verification(v *verify.Result) string {
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%s: %s: %s\n", escape(v.Folder+"/"+f.Path), f.Kind, escape(f.Message))
	}
	if v.OK {
		fmt.Fprintf(&b, "%s: ok: %s, %s, %s, %s%s\n", escape(v.Folder),
			count(int64(v.Tables), "table"), count(int64(v.Files), "file"),
			count(v.Rows, "row"), humanize.IBytes(uint64(v.Bytes)), standing(v))
	}
	for _, name := range v.Ignored {
		fmt.Fprintf(&b, "%s: ignored: left by another program\n", escape(v.Folder+"/"+name))
	}
	return b.String()
}

// standing says whether a folder has all records of the source.
func standing(v *verify.Result) string {
	records := humanize.Comma(v.Records) + " of " + count(v.TotalCount, "record")
	switch v.Status {
	case "complete":
		return ", complete"
	case "incomplete":
		return ", incomplete: " + records
	case "limited":
		return ", limited by --limit: " + records
	case "":
		return ""
	}
	return ", " + escape(v.Status)
}
