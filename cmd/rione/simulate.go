package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/config"
	"rione/geo"
	"rione/simulator"
	"rione/simulator/scenario"
	"rione/simulator/terminal"
)

// simulation is what the flags of `rione simulate` say.
type simulation struct {
	play     scenario.Scenario // the flags' own
	faults   map[string]string
	named    string // --scenario
	list     bool
	register bool
	part     string
	target   target
	verdict  verdict

	findLimit bool
	limitTime time.Duration
}

func newSimulate() *cobra.Command {
	s := &simulation{}
	cmd := &cobra.Command{
		Use: "simulate", Short: "Simulate a city against a running rione, and prove what was stored",
		Long: "Registers a seeded fleet, publishes on an open-loop schedule, and reads back from InfluxDB and the API what became of every acked reading.\n" +
			"Exit 0 means that it passes, 1 that it does not. Targets are on this machine only, unless --allow-remote says that they are yours to load.\n\n" +
			"A run may be played by several processes: each gets the same flags, the same --start and --part I/N, and writes --json; `rione simulate merge` adds them up.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.list {
				return listScenarios(c, s.verdict.asJSON)
			}
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			return s.run(c, cfg)
		},
	}
	s.flags(cmd)
	cmd.AddCommand(newSimulateMerge(), newSimulateReplay())
	return cmd
}

func (s *simulation) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.named, "scenario", "", "a shipped scenario, or a file; other flags change it")
	f.BoolVar(&s.list, "list", false, "list the shipped scenarios")
	f.IntVar(&s.play.Devices, "devices", 200, "devices of the fleet")
	f.Float64Var(&s.play.Rate, "rate", 0, "messages a second in all (0: each device's own interval)")
	f.Float64Var(&s.play.Speed, "speed", 0, "or: how much faster than the clock the city lives, such as 24 for a day an hour")
	f.DurationVar((*time.Duration)(&s.play.For), "for", time.Minute, "how long to publish")
	f.Uint64Var(&s.play.Seed, "seed", 1, "the same seed makes the same city")
	f.StringVar(&s.play.Start, "start", "", "device time of the first readings, RFC 3339, or clock-change (default: such that the last are of now)")
	f.StringSliceVar(&s.play.Formats, "formats", []string{"native", "senml", "chirpstack"}, "what the devices speak")
	f.StringSliceVar(&s.play.Comuni, "comuni", nil, "ISTAT codes (default: the comuni of the initiatives)")
	f.BoolVar(&s.play.Secrets, "secrets", false, "devices prove who they are")
	f.StringToStringVar(&s.faults, "faults", nil, "what goes wrong on purpose, as shares: late, duplicate, disorder, garbage, poison, unset_clock, stray, break, skewed_clock, local_time, slow")
	f.BoolVar(&s.register, "register", true, "register the fleet first")
	f.StringVar(&s.part, "part", "", "play only this part, such as 1/4")
	f.BoolVar(&s.findLimit, "find-limit", false, "look for the largest city that passes")
	f.DurationVar(&s.limitTime, "limit-time", 5*time.Minute, "how long to look for it")
	s.target.flags(f)
	s.verdict.flags(f)
	jsonFlag(cmd, &s.verdict.asJSON)
}

// scenario returns what is to be played: the named scenario as the flags change
// it, or what the flags say.
func (s *simulation) scenario(c *cobra.Command) (*scenario.Scenario, error) {
	out := &s.play
	if s.named != "" {
		var err error
		if out, err = scenario.Open(s.named); err != nil {
			return nil, err
		}
		s.override(c, out)
	}
	if out.Seed == 0 {
		out.Seed = 1
	}
	if len(out.Comuni) == 0 && out.Initiative == "" {
		for _, m := range demoComuni() {
			out.Comuni = append(out.Comuni, m.Code)
		}
	}
	if out.For <= 0 {
		return nil, errors.New("--for: how long, such as 30s?")
	}
	return out, s.shares(&out.Faults)
}

// override sets what flags were given for. A load given replaces the scenario's.
func (s *simulation) override(c *cobra.Command, out *scenario.Scenario) {
	given := c.Flags().Changed
	if given("rate") || given("speed") {
		out.Rate, out.Speed, out.Profile, out.Bursts = s.play.Rate, s.play.Speed, nil, nil
	}
	for name, set := range map[string]func(){
		"devices": func() { out.Devices = s.play.Devices }, "for": func() { out.For = s.play.For },
		"seed": func() { out.Seed = s.play.Seed }, "start": func() { out.Start = s.play.Start },
		"formats": func() { out.Formats = s.play.Formats }, "secrets": func() { out.Secrets = s.play.Secrets },
		"comuni": func() { out.Comuni, out.Initiative = s.play.Comuni, "" },
	} {
		if given(name) {
			set()
		}
	}
}

// shares reads --faults.
func (s *simulation) shares(f *scenario.FaultsPlan) error {
	for name, text := range s.faults {
		if err := f.Set(name, text); err != nil {
			return fmt.Errorf("--faults: %w", err)
		}
	}
	return nil
}

func (s *simulation) run(c *cobra.Command, cfg config.Config) error {
	play, err := s.scenario(c)
	if err != nil {
		return usageError{err}
	}
	places, err := play.Places()
	if err != nil {
		return usageError{err}
	}
	city, err := s.city(play, places, cfg.Networks())
	if err != nil {
		return usageError{err}
	}
	o, err := s.options(cfg, play)
	if err != nil {
		return err
	}
	if s.register {
		if err := registerCity(c.Context(), cfg, city); err != nil {
			return err
		}
	}
	if s.findLimit {
		return s.search(c, city, o, play)
	}
	return s.once(c, city, o, play)
}

// city returns the city of a scenario. Cities of several scenarios have devices
// of their own in one registry.
func (s *simulation) city(play *scenario.Scenario, places []geo.Comune, networks []string) (*simulator.City, error) {
	prefix := fmt.Sprintf("sim%d-%d", play.Seed, play.Devices)
	if play.Name != "" {
		prefix = fmt.Sprintf("%.14s-%d", strings.ToLower(play.Name), play.Devices)
	}
	o := cityOptions(prefix, play.Devices, play.Seed, places, play.Formats...)
	o.Secrets, o.Push = play.Secrets, s.target.door == "http"
	if len(networks) > 0 { // of others nothing is stored
		o.Network = networks[0]
	}
	return simulator.NewCity(o)
}

func registerCity(ctx context.Context, cfg config.Config, city *simulator.City) error {
	file, err := registryFile(city)
	if err != nil {
		return err
	}
	_, err = deviceImport{file: file, force: true}.run(ctx, cfg)
	return err
}

// options returns how to play a scenario against the target.
func (s *simulation) options(cfg config.Config, play *scenario.Scenario) (simulator.Options, error) {
	o, err := s.target.options(cfg)
	if err != nil {
		return o, err
	}
	if err := play.Apply(&o); err != nil {
		return o, usageError{err}
	}
	if o.Part, o.Parts, err = partOf(s.part); err != nil {
		return o, usageError{err}
	}
	if o.Parts > 1 && o.Start.IsZero() {
		return o, usageError{errors.New("--part needs --start, so that all parts play the same day")}
	}
	if err := o.Validate(); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// partOf reads "1/4": the first of four.
func partOf(text string) (part, parts int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(text+"\n", "%d/%d\n", &part, &parts); err != nil || n != 2 || part < 1 || part > parts {
		return 0, 0, fmt.Errorf("--part %q: write it like 1/4", text)
	}
	return part - 1, parts, nil
}

// once plays a scenario and says what became of it.
func (s *simulation) once(c *cobra.Command, city *simulator.City, o simulator.Options, play *scenario.Scenario) error {
	view := terminal.New(c.OutOrStdout(), c.ErrOrStderr(), terminal.Options{Quiet: s.verdict.quiet, JSON: s.verdict.asJSON})
	o.Progress = view.Progress
	sum, err := simulator.Run(c.Context(), city, o)
	if sum == nil {
		return err
	}
	if err := errors.Join(err, view.Summary(sum)); err != nil {
		return err
	}
	return s.verdict.judge(c, sum, s.verdict.limits(play), play, o.Broker)
}

func listScenarios(c *cobra.Command, asJSON bool) error {
	list, err := scenario.Shipped()
	if err != nil {
		return err
	}
	if asJSON {
		type named struct {
			Name string `json:"name"`
			*scenario.Scenario
		}
		out := make([]named, len(list))
		for i, s := range list {
			out[i] = named{s.Name, s}
		}
		return printJSON(c, out)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tDEVICES\tFOR\tWHAT")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", s.Name, s.Devices, time.Duration(s.For), s.Title)
	}
	return w.Flush()
}
