package table

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"rione/ingest/schema"
)

// Bounds of a Parquet file that is written: rows handed over at once, and rows
// of a row group, which is what the writer keeps in memory.
const (
	parquetBatch    = 512
	parquetRowGroup = 20_000
)

// parquetRows writes Apache Parquet: one column a tag and a field, the columns in
// the order of their names, row groups of a bounded size.
type parquetRows struct {
	w       *parquet.GenericWriter[any]
	columns parquetColumns
	batch   []parquet.Row
}

// parquetColumns are the indexes of columns by what they hold.
type parquetColumns struct {
	all               int
	time, lat, lon, q int
	tags, fields      []int
	floats            []bool // which fields are floats, which a store gives as integers when whole
}

func newParquet(l *Layout, w io.Writer) (Writer, error) {
	file := parquet.NewSchema(l.Name, parquetGroup(l))
	p := &parquetRows{
		w:       parquet.NewGenericWriter[any](w, file, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(parquetRowGroup), parquet.CreatedBy("rione", "1", "")),
		columns: parquetColumnsOf(l, file),
	}
	return p, nil
}

func parquetGroup(l *Layout) parquet.Group {
	g := parquet.Group{
		"time": parquet.Timestamp(parquet.Nanosecond),
		"lat":  parquet.Optional(parquet.Leaf(parquet.DoubleType)),
		"lon":  parquet.Optional(parquet.Leaf(parquet.DoubleType)),
	}
	if l.Quality {
		g["q"] = parquet.Optional(parquet.Int(64))
	}
	for _, t := range l.Tags {
		g[t] = parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	}
	for _, f := range l.Fields {
		g[f.Name] = parquet.Optional(parquetLeaf(f.Type))
	}
	return g
}

func parquetLeaf(t schema.Type) parquet.Node {
	switch t {
	case schema.Int:
		return parquet.Int(64)
	case schema.Text:
		return parquet.String()
	}
	return parquet.Leaf(parquet.DoubleType)
}

func parquetColumnsOf(l *Layout, file *parquet.Schema) parquetColumns {
	at := func(name string) int {
		leaf, _ := file.Lookup(name)
		return leaf.ColumnIndex
	}
	c := parquetColumns{all: len(file.Columns()), time: at("time"), lat: at("lat"), lon: at("lon"), q: -1}
	if l.Quality {
		c.q = at("q")
	}
	for _, t := range l.Tags {
		c.tags = append(c.tags, at(t))
	}
	for _, f := range l.Fields {
		c.fields = append(c.fields, at(f.Name))
		c.floats = append(c.floats, f.Type == schema.Float)
	}
	return c
}

func (p *parquetRows) Row(r *Row) error {
	c := &p.columns
	row := p.next()
	row[c.time] = parquet.Int64Value(r.Time.UnixNano()).Level(0, 0, c.time)
	setOptional(row, c.lat, r.Lat)
	setOptional(row, c.lon, r.Lon)
	if c.q >= 0 {
		setOptional(row, c.q, r.Q)
	}
	for i, t := range r.Tags {
		if t == "" {
			setOptional(row, c.tags[i], nil)
		} else {
			setOptional(row, c.tags[i], t)
		}
	}
	for i, v := range r.Fields {
		if c.floats[i] {
			v = Float(v)
		}
		setOptional(row, c.fields[i], v)
	}
	if len(p.batch) < parquetBatch {
		return nil
	}
	return p.send()
}

// next returns an empty row of the batch; rows that were sent are used again.
func (p *parquetRows) next() parquet.Row {
	if n := len(p.batch); n < cap(p.batch) {
		p.batch = p.batch[:n+1]
		if p.batch[n] != nil {
			return p.batch[n]
		}
		p.batch[n] = make(parquet.Row, p.columns.all)
		return p.batch[n]
	}
	row := make(parquet.Row, p.columns.all)
	p.batch = append(p.batch, row)
	return row
}

func setOptional(row parquet.Row, column int, v any) {
	if v == nil {
		row[column] = parquet.NullValue().Level(0, 0, column)
		return
	}
	row[column] = parquet.ValueOf(v).Level(0, 1, column)
}

func (p *parquetRows) send() error {
	_, err := p.w.WriteRows(p.batch)
	p.batch = p.batch[:0]
	return err
}

func (p *parquetRows) Close() error {
	if err := p.send(); err != nil {
		return err
	}
	return p.w.Close()
}
