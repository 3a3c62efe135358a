package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rione/ingest"
)

// Library holds the codecs of a folder. A file is called as the model whose
// payloads it reads: "milesight-vs330.js" serves every device whose profile,
// brand or model contains that name, without regard to case, spaces and dashes.
type Library struct {
	run    func(name, source string, in Input) ([]byte, error)
	codecs []codec
}

type codec struct{ name, word, source string }

// minWord is how long a file's name must be: a shorter one would serve devices
// that it was not meant for.
const minWord = 3

// Open reads the codecs of a folder, which r will run. A folder that does not
// exist holds none.
func Open(dir string, r *Runner) (*Library, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l := &Library{run: r.Run}
	for _, file := range files {
		name, ok := strings.CutSuffix(file.Name(), ".js")
		if !ok || file.IsDir() {
			continue
		}
		source, err := os.ReadFile(filepath.Join(dir, file.Name()))
		switch {
		case err != nil:
			return nil, err
		case len(source) > maxSource:
			return nil, fmt.Errorf("%s: a codec has at most %d bytes", file.Name(), maxSource)
		case len(squeeze(name)) < minWord:
			return nil, fmt.Errorf("%s: a codec is called as the model that it serves", file.Name())
		}
		l.codecs = append(l.codecs, codec{name, squeeze(name), string(source)})
	}
	return l, nil
}

// Names returns what the codecs are called.
func (l *Library) Names() []string {
	var out []string
	for _, c := range l.codecs {
		out = append(out, c.name)
	}
	return out
}

// Decode runs the codec of a device that a network server calls by these names:
// the one with the longest name that fits. found is false when there is none.
// The object is JSON; the error is a *ingest.Refusal.
func (l *Library) Decode(models []string, data []byte, port uint64) (object []byte, found bool, err error) {
	best := l.find(models)
	if best == nil {
		return nil, false, nil
	}
	object, err = l.run(best.name, best.source, Input{Bytes: data, Port: port})
	if err != nil {
		return nil, true, ingest.Refuse(ingest.Unparsable, "codec "+best.name+": "+err.Error())
	}
	return object, true, nil
}

func (l *Library) find(models []string) (best *codec) {
	for i := range l.codecs {
		c := &l.codecs[i]
		for _, model := range models {
			if strings.Contains(squeeze(model), c.word) && (best == nil || len(c.word) > len(best.word)) {
				best = c
			}
		}
	}
	return best
}

func squeeze(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}
