package dashboards

// Columns of Grafana's grid.
const gridColumns = 24

// box is a place on the grid.
type box struct{ x, y, w, h int }

func (b box) json() object { return object{"x": b.x, "y": b.y, "w": b.w, "h": b.h} }

// size returns width and height of a panel, the kind's own where none is given.
func (p Panel) size() (w, h int) {
	w, h = p.Width, p.Height
	switch p.Kind {
	case Stat:
		return or(w, 6), or(h, 4)
	case Geomap:
		return or(w, 16), or(h, 16)
	case Markdown:
		return or(w, gridColumns), or(h, 3)
	case Table, BarGauge:
		return or(w, 12), or(h, 10)
	default:
		return or(w, 12), or(h, 8)
	}
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// flow places panels from left to right, wrapping at the grid's edge. A panel
// that fits under the previous one beside a taller neighbour stands there.
type flow struct {
	x, y    int // where the next panel would stand
	bottom  int // of the current line
	columnW int // width of the column that is being filled
	columnY int // where its free part begins
}

func (f *flow) place(p Panel) box {
	w, h := p.size()
	if f.columnW == w && f.columnY+h <= f.bottom {
		b := box{f.x - w, f.columnY, w, h}
		f.columnY += h
		return b
	}
	if f.x+w > gridColumns {
		f.newLine()
	}
	b := box{f.x, f.y, w, h}
	f.x += w
	f.bottom = max(f.bottom, f.y+h)
	f.columnW, f.columnY = w, f.y+h
	return b
}

// newLine goes on below everything placed so far.
func (f *flow) newLine() { f.x, f.y, f.columnW = 0, f.bottom, 0 }

// title places the title of a row.
func (f *flow) title() box {
	f.newLine()
	b := box{0, f.y, gridColumns, 1}
	f.y++
	f.bottom = f.y
	return b
}
