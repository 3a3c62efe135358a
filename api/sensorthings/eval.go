package sensorthings

import (
	"cmp"
	"math"
	"strings"
	"time"
)

// value is what an expression has for an entity: nil, bool, float64, string,
// time.Time, time.Duration, *geometry, or another value of a property.
//
// An operator that cannot be applied to its operands has no value (nil), and a
// filter without a value does not choose: so nothing that a client writes is an
// error of ours.
func (m *model) eval(x *expression, e *entity) any {
	switch x.op {
	case "literal":
		return x.value
	case "path":
		return m.follow(e, x.path)
	case "and":
		return truth(m.eval(x.args[0], e)) && truth(m.eval(x.args[1], e))
	case "or":
		return truth(m.eval(x.args[0], e)) || truth(m.eval(x.args[1], e))
	case "not":
		b, ok := m.eval(x.args[0], e).(bool)
		if !ok {
			return nil
		}
		return !b
	}
	args := make([]any, len(x.args))
	for i, a := range x.args {
		args[i] = m.eval(a, e)
	}
	if f, ok := functions[x.op]; ok {
		return f.call(args)
	}
	return operate(x.op, args)
}

func truth(v any) bool { b, _ := v.(bool); return b }

func operate(op string, args []any) any {
	switch op {
	case "minus":
		if n, ok := args[0].(float64); ok {
			return -n
		}
		return nil
	case "add", "sub", "mul", "div", "mod":
		return arithmetic(op, args[0], args[1])
	}
	return compare(op, args[0], args[1])
}

func arithmetic(op string, a, b any) any {
	if t, ok := a.(time.Time); ok {
		return shift(op, t, b)
	}
	x, okX := a.(float64)
	y, okY := b.(float64)
	if !okX || !okY {
		return nil
	}
	switch op {
	case "add":
		return x + y
	case "sub":
		return x - y
	case "mul":
		return x * y
	case "div":
		return finite(x / y)
	}
	return finite(math.Mod(x, y))
}

// shift adds a duration to a time, or takes one time from another.
func shift(op string, t time.Time, b any) any {
	switch d := b.(type) {
	case time.Duration:
		if op == "add" {
			return t.Add(d)
		}
		if op == "sub" {
			return t.Add(-d)
		}
	case time.Time:
		if op == "sub" {
			return t.Sub(d)
		}
	}
	return nil
}

func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// compare orders two values of one type; of others it only knows that they are
// not equal.
func compare(op string, a, b any) any {
	a, b = alike(a, b)
	if a == nil || b == nil {
		switch op {
		case "eq":
			return a == nil && b == nil
		case "ne":
			return (a == nil) != (b == nil)
		}
		return nil
	}
	order, comparable := ordered(a, b)
	switch op {
	case "eq":
		return comparable && order == 0
	case "ne":
		return !comparable || order != 0
	}
	if _, isBool := a.(bool); !comparable || isBool {
		return nil
	}
	switch op {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

// alike reads a text as a time where the other operand is one: times of entities
// are texts. Of an interval it is the end.
func alike(a, b any) (x, y any) {
	if _, ok := a.(time.Time); ok {
		return a, timeOf(b)
	}
	if _, ok := b.(time.Time); ok {
		return timeOf(a), b
	}
	return a, b
}

func timeOf(v any) any {
	switch t := v.(type) {
	case time.Time:
		return t
	case string:
		if _, end, interval := strings.Cut(t, "/"); interval {
			t = end
		}
		if at, err := time.Parse(time.RFC3339Nano, t); err == nil {
			return at
		}
	}
	return nil
}

// ordered compares values of one type.
func ordered(a, b any) (order int, comparable bool) {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return cmp.Compare(x, y), ok
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case time.Time:
		y, ok := b.(time.Time)
		return x.Compare(y), ok
	case time.Duration:
		y, ok := b.(time.Duration)
		return cmp.Compare(x, y), ok
	case bool:
		y, ok := b.(bool)
		if x == y {
			return 0, ok
		}
		return 1, ok
	}
	return 0, false
}

// follow returns the value at the end of a path. Over a relation to many it is
// that of the first entity that has one.
func (m *model) follow(e *entity, path []string) any {
	if r, ok := e.kind.relation(path[0]); ok && len(path) > 1 {
		for _, one := range m.related(e, r) {
			if v := m.follow(one, path[1:]); v != nil {
				return v
			}
		}
		return nil
	}
	if path[0] == "@iot.selfLink" {
		return nil
	}
	v := e.property(path[0])
	for _, member := range path[1:] {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[member]
	}
	return plain(v)
}

// plain makes values of properties comparable: numbers are floats, GeoJSON
// points are geometries.
func plain(v any) any {
	switch x := v.(type) {
	case int64:
		return float64(x)
	case map[string]any:
		if c, ok := x["coordinates"].([]float64); ok && len(c) == 2 {
			return &geometry{kind: "POINT", rings: [][]position{{{c[0], c[1]}}}}
		}
	}
	return v
}
