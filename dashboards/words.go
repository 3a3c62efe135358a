package dashboards

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed labels.tsv
var labelTable string

// labels returns what people read for every column and tag, by its name.
var labels = sync.OnceValue(func() map[string]Text {
	out := map[string]Text{}
	for line := range strings.Lines(labelTable) {
		column := strings.Split(strings.TrimSpace(line), "\t")
		out[column[0]] = Text{column[1], column[2]}
	}
	return out
})

// label returns what people read for a column or tag.
func label(column string) Text {
	if t, ok := labels()[column]; ok {
		return t
	}
	return Text{column, column}
}

// word is what one value of a state is called, and its colour.
type word struct {
	text   Text
	colour string
}

// stateWords returns what 0 and 1 of a state mean to people.
func stateWords(field string) [2]word {
	switch field {
	case "fault":
		return [2]word{{Text{"regolare", "fine"}, Good}, {Text{"guasto", "fault"}, Bad}}
	case "tilted":
		return [2]word{{Text{"diritto", "upright"}, Good}, {Text{"rovesciato", "tilted"}, Bad}}
	case "occupied":
		return [2]word{{Text{"libero", "free"}, Good}, {Text{"occupato", "occupied"}, Neutral}}
	case "lit":
		return [2]word{{Text{"spento", "off"}, Unknown}, {Text{"acceso", "lit"}, Fair}}
	case "online":
		return [2]word{{Text{"scollegato", "offline"}, Bad}, {Text{"collegato", "online"}, Good}}
	default:
		return [2]word{{Text{"fuori servizio", "down"}, Bad}, {Text{"in servizio", "up"}, Good}}
	}
}

// noData is what an empty panel says.
func noData(p Panel) Text {
	if p.Empty.empty() {
		return Text{"Nessun dato nel periodo", "No data in this period"}
	}
	return p.Empty
}
