package transform

import "fmt"

// record is what is known of the record that is being read.
type record struct {
	id       int64
	hasID    bool
	rejected bool
	refusal  Reject
	table    string // the first table, which reports faults that concern no column

	// Bytes of values that were copied to several rows: a long text beside a long list takes their product.
	copied, pageCopied int // for this record, for this page
}

// Bounds of copied bytes.
const (
	mostCopied     = 32 << 20
	mostPageCopied = 64 << 20
)

func (r *record) begin() { r.id, r.hasID, r.rejected, r.copied = 0, false, false, 0 }

// mayCopy counts bytes to copy, and rejects the record if they are too many. l may be nil.
func (r *record) mayCopy(l *leaf, bytes int) bool {
	r.copied += bytes
	r.pageCopied += bytes
	if r.copied > mostCopied || r.pageCopied > mostPageCopied {
		r.reject(l, nil, fmt.Sprintf("the record's rows would take more than %d MB", mostCopied>>20))
		return false
	}
	return true
}

// reject rejects the record; the first reason counts. The leaf and the node, which
// may be nil, give the column and the path.
func (r *record) reject(l *leaf, n *node, reason string) {
	if r.rejected {
		return
	}
	r.rejected = true
	r.refusal = Reject{Table: r.table, Reason: reason, Path: n.path(true)}
	if l != nil {
		r.refusal.Table = l.table.name
		r.refusal.Reason = fmt.Sprintf("column %s: %s", l.column.Name, reason)
	}
}
