package influx

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// narrower finds the lines of a batch that the store will not take. Every line
// ends in a request that the store answered well, or in rejects.
type narrower struct {
	w       *Writer
	url     string
	batch   *Batch
	scratch []byte // lines that do not lie side by side in the batch
	rejects []Reject
	sent    int // requests so far
}

// maxNarrowing bounds the requests that one batch may cost beyond its first. It
// is far above what InfluxDB's answers make necessary: it names the lines that
// it cannot parse and the field that is in conflict.
const maxNarrowing = 1000

// narrow deals with the answer to lines, which are indexes in rising order.
func (n *narrower) narrow(ctx context.Context, lines []int, said *Error) error {
	if said.Status == http.StatusRequestEntityTooLarge {
		return n.split(ctx, lines, said)
	}
	if expired, ok := said.expired(); ok {
		// The others are sent again: such an answer hides that some of them
		// could not be parsed.
		return n.send(ctx, n.expire(lines, expired, said.Detail))
	}
	if bad, rest := n.unparsable(lines, said.Detail); len(bad) > 0 {
		n.rejects = append(n.rejects, bad...)
		return n.send(ctx, rest)
	}
	if len(lines) == 1 || said.dropped() == len(lines) {
		n.reject(lines, said.Detail)
		return nil
	}
	if bad, rest := n.conflicting(lines, said.Detail); len(bad) > 0 && len(rest) > 0 {
		if err := n.send(ctx, bad); err != nil {
			return err
		}
		return n.send(ctx, rest)
	}
	return n.split(ctx, lines, said)
}

func (n *narrower) split(ctx context.Context, lines []int, said *Error) error {
	if len(lines) == 1 {
		n.reject(lines, said.Detail)
		return nil
	}
	middle := len(lines) / 2
	if err := n.send(ctx, lines[:middle]); err != nil {
		return err
	}
	return n.send(ctx, lines[middle:])
}

func (n *narrower) send(ctx context.Context, lines []int) error {
	if len(lines) == 0 {
		return nil
	}
	if n.sent++; n.sent > maxNarrowing {
		n.reject(lines, fmt.Sprintf("among too many refused lines: not tried alone after %d requests", maxNarrowing))
		return nil
	}
	said, err := n.w.deliver(ctx, n.url, n.body(lines), len(lines) > 1)
	if err != nil || said == nil {
		return err
	}
	return n.narrow(ctx, lines, said)
}

// body returns the text of lines, in place where they lie side by side.
func (n *narrower) body(lines []int) []byte {
	first, last := lines[0], lines[len(lines)-1]
	if last-first+1 == len(lines) {
		return n.batch.buf[n.batch.start(first):n.batch.ends[last]]
	}
	n.scratch = n.scratch[:0]
	for _, i := range lines {
		n.scratch = append(n.scratch, n.batch.Line(i)...)
	}
	return n.scratch
}

func (n *narrower) reject(lines []int, detail string) {
	for _, i := range lines {
		n.rejects = append(n.rejects, Reject{Line: i, Detail: detail})
	}
}

// expire marks the oldest lines and returns the others: a retention is a bound
// in time, so those that it cut off are the oldest.
func (n *narrower) expire(lines []int, count int, detail string) (rest []int) {
	byTime := slices.Clone(lines)
	slices.SortStableFunc(byTime, func(a, b int) int {
		return cmp.Compare(timestamp(n.batch.Line(a)), timestamp(n.batch.Line(b)))
	})
	count = min(count, len(lines))
	for _, i := range byTime[:count] {
		n.rejects = append(n.rejects, Reject{Line: i, Expired: true, Detail: detail})
	}
	rest = byTime[count:]
	slices.Sort(rest)
	return rest
}

// timestamp returns the time at the end of a line, Unix nanoseconds. A line
// without one counts as the newest: the store gives it the time of its arrival.
func timestamp(line []byte) int64 {
	line = bytes.TrimSuffix(line, []byte("\n"))
	t, err := strconv.ParseInt(string(line[bytes.LastIndexByte(line, ' ')+1:]), 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return t
}

var (
	droppedCount  = regexp.MustCompile(`dropped=(\d+)`)
	outsideCount  = regexp.MustCompile(`dropped (\d+) points outside retention policy`)
	fieldConflict = regexp.MustCompile(`input field "([^"]+)" on measurement "([^"]+)" is type (\w+)`)
)

// dropped returns how many lines were refused while the others were stored, 0
// when the answer does not say.
func (e *Error) dropped() int { return firstNumber(droppedCount, e.Detail) }

// expired returns how many lines were older than the retention, if that is all
// that was wrong. 1.8 and 2.x say so in words of their own; 2.x can have a
// window for writes besides, which is another matter.
func (e *Error) expired() (int, bool) {
	dropped := e.dropped()
	old := strings.Contains(e.Detail, "points beyond retention policy") ||
		firstNumber(outsideCount, e.Detail) == dropped
	return dropped, old && dropped > 0
}

func firstNumber(re *regexp.Regexp, s string) int {
	m := re.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// unparsable returns the lines that the store quotes as such, and the others.
func (n *narrower) unparsable(lines []int, detail string) (bad []Reject, rest []int) {
	quoted := make(map[string]string)
	for part := range strings.SplitSeq(detail, "unable to parse '") {
		if line, why, ok := strings.Cut(part, "': "); ok {
			quoted[line] = "unable to parse: " + strings.TrimSpace(why)
		}
	}
	for _, i := range lines {
		line := strings.TrimSuffix(string(n.batch.Line(i)), "\n")
		if why, ok := quoted[line]; ok {
			bad = append(bad, Reject{Line: i, Detail: why})
		} else {
			rest = append(rest, i)
		}
	}
	return bad, rest
}

// conflicting divides lines by whether they hold the field whose type is in
// conflict, in the type that is.
func (n *narrower) conflicting(lines []int, detail string) (bad, rest []int) {
	m := fieldConflict.FindStringSubmatch(detail)
	if m == nil {
		return nil, lines
	}
	field, measurement, kind := m[1], m[2], m[3]
	for _, i := range lines {
		line := n.batch.Line(i)
		if bytes.HasPrefix(line, []byte(measurement)) && typeOf(line, field) == kind {
			bad = append(bad, i)
		} else {
			rest = append(rest, i)
		}
	}
	return bad, rest
}

// typeOf returns the type of a field of a line as InfluxDB names it, "" for a
// field that is not there. It may be wrong where a string holds what looks like
// the field: its answer is a hint.
func typeOf(line []byte, field string) string {
	at := bytes.Index(line, []byte(" "+field+"="))
	if at < 0 {
		at = bytes.Index(line, []byte(","+field+"="))
	}
	if at < 0 {
		return ""
	}
	value := line[at+len(field)+2:]
	switch end := bytes.IndexAny(value, ", \n"); {
	case value[0] == '"':
		return "string"
	case end > 0 && value[end-1] == 'i':
		return "integer"
	case bytes.IndexByte([]byte("tTfF"), value[0]) >= 0:
		return "boolean"
	}
	return "float"
}
