package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/schemas"
)

// The reference flattens with maps, slowly and plainly, straight from the documented
// rules; it shares no code with the decoder. Expressions are not part of it.

var errMisfit = errors.New("the record does not fit")

// refTable gives the rows of one record as JSON texts.
func refTable(spec Table, record any) (rows []string, err error) {
	lists := 0
	var toRows []schemas.Key
	for i, k := range spec.Rows {
		if k.List {
			lists++
			toRows = spec.Rows[:i+1]
		}
	}
	err = refContexts(spec, toRows, record, nil, make([]any, len(spec.Columns)), 0, lists, &rows)
	if err == nil && len(rows) == 0 && spec.Outer && lists > 0 {
		values, _ := refContext(spec, toRows, record, make([]any, len(spec.Columns)), 0)
		rows = append(rows, jsonText(values))
	}
	return rows, err
}

// refContexts computes the columns of one context, then goes through the contexts inside it; done are
// the keys on the way here.
func refContexts(spec Table, toRows []schemas.Key, ctx any, done []schemas.Key, values []any, level, lists int, rows *[]string) error {
	values, err := refContext(spec, toRows, ctx, values, level)
	if err != nil {
		return err
	}
	if level == lists {
		*rows = append(*rows, jsonText(values))
		return nil
	}
	rest := toRows[len(done):]
	end := slices.IndexFunc(rest, func(k schemas.Key) bool { return k.List }) + 1
	elements, _, err := refWalk(ctx, rest[:end])
	if err != nil {
		return err
	}
	for _, e := range elements {
		if err := refContexts(spec, toRows, e, toRows[:len(done)+end], values, level+1, lists, rows); err != nil {
			return err
		}
	}
	return nil
}

// refContext fills in the columns of one level.
func refContext(spec Table, toRows []schemas.Key, ctx any, values []any, level int) ([]any, error) {
	values = slices.Clone(values)
	for i, c := range spec.Columns {
		common := 0
		for common < len(c.Keys) && common < len(toRows) && c.Keys[common] == toRows[common] {
			common++
		}
		mine, from := 0, 0
		for j, k := range toRows[:common] {
			if k.List {
				mine, from = mine+1, j+1
			}
		}
		if mine != level {
			continue
		}
		var err error
		if values[i], err = refColumn(c, ctx, c.Keys[from:]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// refWalk goes from a value along keys: one value where there is no list, otherwise those of all lists in order.
// There is false where the outermost list, or an object before it, is null.
func refWalk(v any, keys []schemas.Key) (values []any, there bool, err error) {
	if len(keys) == 0 {
		return []any{v}, true, nil
	}
	listed := slices.ContainsFunc(keys, func(k schemas.Key) bool { return k.List })
	if v == nil {
		if listed {
			return nil, false, nil
		}
		return []any{nil}, true, nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, false, errMisfit
	}
	next := object[keys[0].Name]
	if !keys[0].List {
		return refWalk(next, keys[1:])
	}
	if next == nil {
		return nil, false, nil
	}
	elements, ok := next.([]any)
	if !ok {
		return nil, false, errMisfit
	}
	for _, e := range elements {
		vs, _, err := refWalk(e, keys[1:])
		if err != nil {
			return nil, false, err
		}
		values = append(values, vs...)
	}
	return values, true, nil
}

// refColumn is a column's value in a context.
func refColumn(c Column, ctx any, keys []schemas.Key) (any, error) {
	listed := slices.ContainsFunc(keys, func(k schemas.Key) bool { return k.List })
	values, there, err := refWalk(ctx, keys)
	if err != nil {
		return nil, err
	}
	if !listed {
		return refValue(c, values[0], c.Type.Nullable)
	}
	if c.Mode == schemas.Count {
		values = make([]any, len(values))
	}
	for _, v := range values {
		if v != nil && !refWire(c.Wire, v) {
			return nil, errMisfit
		}
	}
	if !there {
		if !c.Type.Nullable {
			return nil, errMisfit
		}
		return nil, nil
	}
	switch c.Mode {
	case schemas.JoinInner:
		return refInner(c, ctx, keys)
	case schemas.Count:
		return len(values), nil
	case schemas.First:
		if len(values) == 0 {
			values = []any{nil}
		}
		return refValue(c, values[0], c.Type.Nullable)
	case schemas.AsJSON:
		if values == nil {
			values = []any{}
		}
		return jsonText(values), nil
	case schemas.Join:
		texts := []string{}
		for _, v := range values {
			if v != nil {
				texts = append(texts, fmt.Sprint(v))
			}
		}
		return strings.Join(texts, c.Separator), nil
	}
	list := []any{}
	for _, v := range values {
		e, err := refValue(c, v, c.Type.ElementNullable)
		if err != nil {
			return nil, err
		}
		if c.Mode != schemas.Distinct || !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list, nil
}

// refInner joins each innermost list.
func refInner(c Column, ctx any, keys []schemas.Key) (any, error) {
	last := len(keys) - 1
	for !keys[last].List {
		last--
	}
	holders, _, err := refWalk(ctx, keys[:last])
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, holder := range holders {
		values, there, err := refWalk(holder, keys[last:])
		switch {
		case err != nil:
			return nil, err
		case !there && !c.Type.ElementNullable:
			return nil, errMisfit
		case !there:
			list = append(list, nil)
			continue
		}
		var texts []string
		for _, v := range values {
			if v != nil {
				texts = append(texts, fmt.Sprint(v))
			}
		}
		list = append(list, strings.Join(texts, c.Separator))
	}
	return list, nil
}

func refWire(wire schemas.Kind, v any) bool {
	switch v.(type) {
	case string:
		return wire == schemas.String
	case json.Number:
		return wire == schemas.Int64 || wire == schemas.Float64
	case bool:
		return wire == schemas.Bool
	}
	return false
}

// refValue converts one value.
func refValue(c Column, v any, nullable bool) (any, error) {
	if v == nil {
		if nullable {
			return nil, nil
		}
		return nil, errMisfit
	}
	if !refWire(c.Wire, v) {
		return nil, errMisfit
	}
	number, isNumber := v.(json.Number)
	switch {
	case c.Type.Kind == schemas.String:
		return fmt.Sprint(v), nil
	case c.Type.Kind == schemas.Float64 && isNumber:
		f, err := number.Float64()
		if n, e := number.Int64(); err != nil || e == nil && strconv.FormatFloat(f, 'f', -1, 64) != strconv.FormatInt(n, 10) && math.Abs(f) > 1<<53 {
			return nil, errMisfit
		}
		return f, nil
	case isNumber:
		if n, err := number.Int64(); err == nil {
			return n, nil
		}
		if f, err := number.Float64(); err == nil && strings.ContainsAny(number.String(), ".eE") && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
			return int64(f), nil
		}
		return nil, errMisfit
	}
	return v, nil
}

// refDecode flattens a page: each table's rows, and which records were rejected.
func refDecode(tables []Table, body []byte) (rows [][]string, rejected []int, err error) {
	var answer struct {
		Data struct{ Things struct{ Nodes []any } }
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		return nil, nil, err
	}
	rows = make([][]string, len(tables))
	for i, record := range answer.Data.Things.Nodes {
		var made [][]string
		bad := record == nil
		for _, t := range tables {
			r, err := refTable(t, record)
			bad = bad || err != nil
			made = append(made, r)
		}
		if bad {
			rejected = append(rejected, i)
			continue
		}
		for t := range tables {
			rows[t] = append(rows[t], made[t]...)
		}
	}
	return rows, rejected, nil
}
