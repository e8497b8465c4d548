package eval

import (
	"errors"

	"github.com/expr-lang/expr/ast"
)

// Scope is what an expression can name.
type Scope struct {
	Columns   []string
	Functions map[string]func(args ...any) (any, error)
}

// Fault is a fault of an expression at an offset, which counts characters.
type Fault struct {
	At         int
	What, Hint string
}

func (f *Fault) Error() string { return f.What }

// Program is a compiled expression. One goroutine at a time may use it.
type Program struct {
	root  node
	reads []int
	frame frame
}

// node evaluates a part of an expression.
type node func(f *frame) (any, error)

// frame is the state of one run.
type frame struct {
	columns   []any
	variables []any
	items     []item // of the list functions around a node, the outermost first
	cost      int
}

// item is the element that the predicate of a list function sees.
type item struct {
	value, acc any
	index      int
}

// maxCost bounds the memory of one run, about in bytes. An element of a list costs elementCost.
const (
	maxCost     = 64_000_000
	elementCost = 64
)

var errMemory = errors.New("memory budget exceeded")

// spend reports an error if a run takes too much memory.
func (f *frame) spend(bytes int) error {
	if bytes > maxCost-f.cost {
		return errMemory
	}
	f.cost += bytes
	return nil
}

// Compile compiles the checked tree of an expression. The error is a *Fault.
func Compile(tree ast.Node, scope Scope) (*Program, error) {
	c := &compiler{scope: scope}
	root := c.compile(tree)
	if c.fault != nil {
		return nil, c.fault
	}
	return &Program{root: root, reads: c.reads, frame: frame{
		columns:   make([]any, len(scope.Columns)),
		variables: make([]any, c.maxVariables),
		items:     make([]item, c.maxDepth),
	}}, nil
}

// Reads returns the indexes of the columns that the expression reads.
func (p *Program) Reads() []int { return p.reads }

// Run evaluates the expression over one row. Value returns the row's value in the column of an index.
func (p *Program) Run(value func(column int) any) (any, error) {
	for _, i := range p.reads {
		p.frame.columns[i] = value(i)
	}
	p.frame.cost = 0
	return p.root(&p.frame)
}
