package script

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// Host answers requests from in on out until in ends. It is all that the child
// process does. It limits the process's memory first.
func Host(in io.Reader, out io.Writer, l Limits) error {
	if err := limitMemory(cmp.Or(l.Memory, DefaultMemory)); err != nil {
		return err
	}
	h := host{limit: cmp.Or(l.Time, DefaultTime), programs: map[string]*goja.Program{}}
	if err := send(out, response{}); err != nil { // ready
		return err
	}
	for {
		var rq request
		if err := receive(in, &rq); err != nil {
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return err
		}
		if err := send(out, h.answer(&rq)); err != nil {
			return err
		}
	}
}

type host struct {
	limit    time.Duration
	programs map[string]*goja.Program
}

func (h *host) answer(rq *request) response {
	if rq.Source != "" {
		p, err := goja.Compile(rq.Codec, rq.Source, false)
		if err != nil {
			return failed(err)
		}
		h.programs[rq.Codec] = p
	}
	p := h.programs[rq.Codec]
	if p == nil {
		return failed(errors.New("the codec is not loaded"))
	}
	data, err := h.call(p, &rq.Input)
	if err != nil {
		return failed(err)
	}
	return response{Data: data}
}

// failed is the answer of a codec that failed; one may do so without a word.
func failed(err error) response {
	return response{Error: cmp.Or(short(err.Error()), "it failed and does not say why")}
}

// short makes one line of a text, of limited length.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

// call runs one codec in a runtime of its own.
func (h *host) call(p *goja.Program, in *Input) (json.RawMessage, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxCalls)
	defer h.watch(vm)()
	decode, err := load(vm, p)
	if err != nil {
		return nil, err
	}
	result, err := decode(goja.Undefined(), input(vm, in))
	if err != nil {
		return nil, thrown(err)
	}
	return output(vm, result)
}

// watch interrupts a codec that has used up its time until the function that it
// returns is called. Processor time is counted, since a machine that is busy with
// other things is no fault of the codec.
func (h *host) watch(vm *goja.Runtime) (stop func()) {
	begin, done := cpuTime(), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(h.limit / 5)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			switch used := cpuTime() - begin; {
			case used > 4*h.limit: // a native function, such as a regular expression, heeds no interrupt
				panic("a codec does not end")
			case used > h.limit:
				vm.Interrupt(fmt.Sprintf("it ran longer than %v", h.limit))
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

// load runs the codec's file and returns its decodeUplink, which some vendors
// export as a module.
func load(vm *goja.Runtime, p *goja.Program) (goja.Callable, error) {
	exports, module, console := vm.NewObject(), vm.NewObject(), vm.NewObject()
	quiet := func(goja.FunctionCall) goja.Value { return goja.Undefined() }
	err := errors.Join(
		module.Set("exports", exports), vm.Set("module", module), vm.Set("exports", exports),
		console.Set("log", quiet), console.Set("warn", quiet), console.Set("error", quiet), vm.Set("console", console),
	)
	if err != nil {
		return nil, err
	}
	if _, err := vm.RunProgram(p); err != nil {
		return nil, thrown(err)
	}
	if decode, ok := goja.AssertFunction(vm.Get("decodeUplink")); ok {
		return decode, nil
	}
	if o, ok := module.Get("exports").(*goja.Object); ok {
		if decode, ok := goja.AssertFunction(o.Get("decodeUplink")); ok {
			return decode, nil
		}
	}
	return nil, errors.New("the codec has no function decodeUplink")
}

// thrown is the error of a codec without the trace of its calls.
func thrown(err error) error {
	var e *goja.Exception
	if errors.As(err, &e) {
		return errors.New(e.Value().String())
	}
	var i *goja.InterruptedError
	if errors.As(err, &i) {
		return fmt.Errorf("%v", i.Value())
	}
	return err
}

// input is what TS013 hands to a codec.
func input(vm *goja.Runtime, in *Input) goja.Value {
	list := make([]any, len(in.Bytes))
	for i, b := range in.Bytes {
		list[i] = int(b)
	}
	o := map[string]any{"bytes": vm.NewArray(list...), "fPort": in.Port, "variables": vm.NewObject()}
	if !in.Received.IsZero() {
		if at, err := vm.New(vm.Get("Date"), vm.ToValue(in.Received.UnixMilli())); err == nil {
			o["recvTime"] = at
		}
	}
	return vm.ToValue(o)
}

// output returns the data of what a codec returned, an object.
func output(vm *goja.Runtime, result goja.Value) (json.RawMessage, error) {
	o, ok := result.(*goja.Object)
	if !ok {
		return nil, errors.New("the codec returned no object")
	}
	if list, ok := o.Get("errors").(*goja.Object); ok {
		if n := list.Get("length"); n != nil && n.ToInteger() > 0 {
			return nil, fmt.Errorf("%s", list.String())
		}
	}
	data, ok := o.Get("data").(*goja.Object)
	if !ok {
		return nil, errors.New("the codec returned neither data nor errors")
	}
	stringify, ok := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("stringify"))
	if !ok {
		return nil, errors.New("the codec took JSON.stringify away")
	}
	text, err := stringify(goja.Undefined(), data)
	if err != nil {
		return nil, thrown(err)
	}
	s := text.String()
	switch {
	case len(s) > maxAnswer:
		return nil, fmt.Errorf("the codec returned more than %d bytes", maxAnswer)
	case !strings.HasPrefix(s, "{") || !json.Valid([]byte(s)):
		return nil, errors.New("the codec's data is no object")
	}
	return json.RawMessage(s), nil
}
