package transform

import "fmt"

// record is what is known of the record that is being read.
type record struct {
	id       int64
	hasID    bool
	rejected bool
	refusal  Reject
	table    string // the first table, which reports faults that concern no column
}

func (r *record) begin() { r.id, r.hasID, r.rejected = 0, false, false }

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
