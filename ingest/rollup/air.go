package rollup

import "rione/ingest/quantity"

// enough is the share of an hour's readings, percent, below which its mean is no
// hourly mean (Directive (EU) 2024/2881, annex V: 75 % of the values).
const enough = 75

// index sets the air quality index of an hour: the worst band of its pollutants'
// means. Where no interval is known every mean counts.
func (w *window) index(p *plan, f frame) {
	if p.read == len(p.columns) {
		return
	}
	worst := 0
	for i, c := range p.columns[:p.read] {
		mean, ok := w.cells[i].mean(c.fold)
		if valid, known := w.cells[i].valid(c.fold, f); !ok || known && valid < enough {
			continue
		}
		if band, covered := quantity.Band(c.name, mean); covered {
			worst = quantity.Worst(worst, band)
		}
	}
	if worst > 0 {
		w.cells[p.read] = cell{n: 1, max: float64(worst)}
	}
}
