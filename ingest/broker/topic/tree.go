package topic

import "strings"

// Tree keeps values by topic or by filter, a level of it a node. The zero Tree
// is empty. It is not safe for writers beside readers.
type Tree[T any] struct{ root node[T] }

type node[T any] struct {
	below map[string]*node[T]
	value T
	path  string // "" while the node holds no value
}

// Get returns the value that stands at exactly path.
func (t *Tree[T]) Get(path string) (v T, ok bool) {
	n, more := &t.root, true
	for rest, level := path, ""; more; {
		level, rest, more = strings.Cut(rest, "/")
		if n = n.below[level]; n == nil {
			return v, false
		}
	}
	return n.value, n.path != ""
}

// Set puts a value at path, which must not be empty.
func (t *Tree[T]) Set(path string, v T) {
	n, more := &t.root, true
	for rest, level := path, ""; more; {
		level, rest, more = strings.Cut(rest, "/")
		next := n.below[level]
		if next == nil {
			next = &node[T]{}
			if n.below == nil {
				n.below = make(map[string]*node[T], 1)
			}
			n.below[level] = next
		}
		n = next
	}
	n.path, n.value = path, v
}

// Delete removes the value at path and the nodes that held only it.
func (t *Tree[T]) Delete(path string) { t.root.remove(path, true) }

// remove reports whether n holds nothing any more.
func (n *node[T]) remove(rest string, more bool) bool {
	if !more {
		var none T
		n.path, n.value = "", none
	} else {
		level, rest, more := strings.Cut(rest, "/")
		if next := n.below[level]; next != nil && next.remove(rest, more) {
			delete(n.below, level)
		}
	}
	return n.path == "" && len(n.below) == 0
}

// Filters calls visit for each filter of the tree that matches the topic, until
// visit returns false. Wildcards at the front do not match topics with "$".
func (t *Tree[T]) Filters(name string, visit func(T) bool) {
	t.root.filters(name, true, strings.HasPrefix(name, "$"), visit)
}

func (n *node[T]) filters(rest string, more, system bool, visit func(T) bool) bool {
	if !system {
		if all := n.below["#"]; all != nil && !visit(all.value) {
			return false
		}
	}
	if !more {
		return n.path == "" || visit(n.value)
	}
	level, rest, more := strings.Cut(rest, "/")
	if next := n.below[level]; next != nil && !next.filters(rest, more, false, visit) {
		return false
	}
	if next := n.below["+"]; next != nil && !system {
		return next.filters(rest, more, false, visit)
	}
	return true
}

// Topics calls visit for each topic of the tree that the filter matches.
func (t *Tree[T]) Topics(filter string, visit func(T)) {
	t.root.topics(filter, true, true, visit)
}

func (n *node[T]) topics(rest string, more, first bool, visit func(T)) {
	if !more {
		if n.path != "" {
			visit(n.value)
		}
		return
	}
	level, rest, more := strings.Cut(rest, "/")
	switch level {
	case "#":
		n.all(first, visit)
	case "+":
		for name, next := range n.below {
			if !first || !strings.HasPrefix(name, "$") {
				next.topics(rest, more, false, visit)
			}
		}
	default:
		if next := n.below[level]; next != nil {
			next.topics(rest, more, false, visit)
		}
	}
}

// all visits what stands at n and below.
func (n *node[T]) all(first bool, visit func(T)) {
	if n.path != "" {
		visit(n.value)
	}
	for name, next := range n.below {
		if !first || !strings.HasPrefix(name, "$") {
			next.all(false, visit)
		}
	}
}
