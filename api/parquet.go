package api

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
	w       *parquet.Writer
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

func newParquetRows(q *question, w io.Writer) (rowWriter, error) {
	file := parquet.NewSchema(q.m.Name, parquetGroup(q))
	p := &parquetRows{
		w:       parquet.NewWriter(w, file, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(parquetRowGroup), parquet.CreatedBy("rione", "1", "")),
		columns: parquetColumnsOf(q, file),
	}
	return p, nil
}

func parquetGroup(q *question) parquet.Group {
	g := parquet.Group{
		"time": parquet.Timestamp(parquet.Nanosecond),
		"lat":  parquet.Optional(parquet.Leaf(parquet.DoubleType)),
		"lon":  parquet.Optional(parquet.Leaf(parquet.DoubleType)),
		"q":    parquet.Optional(parquet.Int(64)),
	}
	for _, t := range tagColumns(q.m) {
		g[t] = parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	}
	for _, f := range q.fields {
		g[f] = parquet.Optional(parquetLeaf(q.m.Field(f).Type))
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

func parquetColumnsOf(q *question, file *parquet.Schema) parquetColumns {
	at := func(name string) int {
		leaf, _ := file.Lookup(name)
		return leaf.ColumnIndex
	}
	c := parquetColumns{all: len(file.Columns()), time: at("time"), lat: at("lat"), lon: at("lon"), q: at("q")}
	for _, t := range tagColumns(q.m) {
		c.tags = append(c.tags, at(t))
	}
	for _, f := range q.fields {
		c.fields = append(c.fields, at(f))
		c.floats = append(c.floats, q.m.Field(f).Type == schema.Float)
	}
	return c
}

func (p *parquetRows) row(r *exportRow) error {
	c := &p.columns
	row := p.next()
	row[c.time] = parquet.Int64Value(r.time.UnixNano()).Level(0, 0, c.time)
	setOptional(row, c.lat, r.lat)
	setOptional(row, c.lon, r.lon)
	setOptional(row, c.q, r.q)
	for i, t := range r.tags {
		if t == "" {
			setOptional(row, c.tags[i], nil)
		} else {
			setOptional(row, c.tags[i], t)
		}
	}
	for i, v := range r.fields {
		if c.floats[i] {
			v = degrees(v)
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

func (p *parquetRows) close() error {
	if err := p.send(); err != nil {
		return err
	}
	return p.w.Close()
}
