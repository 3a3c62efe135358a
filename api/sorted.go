package api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sortKey is where an item stands in a sorted list: by the value, and where that
// is equal by the id.
type sortKey struct{ value, id string }

// order is a member of items to sort by, and which way.
type order struct {
	member string
	turned bool
}

func orderOf(sort string) order {
	member, turned := strings.CutPrefix(sort, "-")
	return order{member, turned}
}

func (o order) compare(a, b sortKey) int {
	c := cmp.Compare(a.value, b.value)
	if o.turned {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(a.id, b.id))
}

// timeKey writes a time as a value that sorts by it; the zero time comes first.
func timeKey(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000")
}

// countKey writes a number that is not negative as a value that sorts by it.
func countKey(n int) string {
	digits := strconv.Itoa(n)
	return strings.Repeat("0", max(0, 19-len(digits))) + digits
}

// paging is which page of a sorted list is asked for.
type paging struct {
	sort   string // a member, - before it turns it round
	cursor string // as the page before gave it, "" for the first
	limit  int
}

// from reads where in the order the page begins; first when it is the first one.
func (p *paging) from() (key sortKey, first bool, err error) {
	text, err := readCursor(p.cursor)
	if text == "" || err != nil {
		return key, true, err
	}
	sort, place, _ := strings.Cut(text, "\x00")
	var whole bool
	if key.value, key.id, whole = strings.Cut(place, "\x00"); sort != p.sort || !whole {
		return key, false, errForeignCursor()
	}
	return key, false, nil
}

// errForeignCursor is the answer to a cursor that no page of this order gave.
func errForeignCursor() error {
	return badQuery("cursor", "use what the page before gave as next, with the same sort")
}

// sortedPage returns the page of items that is asked for and the cursor of the
// next one, "" at the end. key says where an item stands by a member. The cursor
// says where in the order the page ended, so items that come and go meanwhile
// move no other from one page to another.
func sortedPage[T any](items []T, p paging, key func(item T, member string) sortKey) (page []T, next string, err error) {
	o := orderOf(p.sort)
	from, first, err := p.from()
	if err != nil {
		return nil, "", err
	}
	type placed struct {
		key  sortKey
		item T
	}
	rest := make([]placed, 0, len(items))
	for _, item := range items {
		if k := key(item, o.member); first || o.compare(k, from) > 0 {
			rest = append(rest, placed{k, item})
		}
	}
	slices.SortFunc(rest, func(a, b placed) int { return o.compare(a.key, b.key) })
	page = make([]T, min(p.limit, len(rest)))
	for i := range page {
		page[i] = rest[i].item
	}
	if len(rest) > p.limit {
		last := rest[p.limit-1].key
		next = writeCursor(p.sort + "\x00" + last.value + "\x00" + last.id)
	}
	return page, next, nil
}
