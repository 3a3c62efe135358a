package dashboards

import (
	"fmt"
	"strings"

	"rione/geo"
)

// classTexts are what people read for the classes of population, smallest first.
func classTexts() []Text {
	var out []Text
	above := 0
	for _, c := range geo.PopulationClasses() {
		t := Text{fmt.Sprintf("da %d a %d", above+1, c.Most), fmt.Sprintf("%d to %d", above+1, c.Most)}
		switch {
		case above == 0:
			t = Text{fmt.Sprintf("fino a %d", c.Most), fmt.Sprintf("up to %d", c.Most)}
		case c.Most == 0:
			t = Text{fmt.Sprintf("oltre %d", above), fmt.Sprintf("over %d", above)}
		}
		out, above = append(out, t), c.Most
	}
	return out
}

// ClassText returns what people read for a class of population, by its name in the
// tag class; the zero Text for an unknown one.
func ClassText(name string) Text {
	for i, c := range geo.PopulationClasses() {
		if c.Name == name {
			return classTexts()[i]
		}
	}
	return Text{}
}

// classWords are the classes as values of the indicator population-class.
func classWords() []word {
	shades := []string{sky, green, yellow, orange, purple, grey}
	var out []word
	for i, t := range classTexts() {
		out = append(out, word{t, shades[i]})
	}
	return out
}

// classed turns o into the list of classes: the store knows only their letters.
func (e *encoder) classed(o object) object {
	var list []string
	for i, c := range geo.PopulationClasses() {
		list = append(list, e.text(classTexts()[i])+" : "+c.Name)
	}
	o["type"], o["query"], o["valuesFormat"] = "custom", strings.Join(list, ", "), "csv"
	return o
}
