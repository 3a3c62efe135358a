package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
)

// History returns the changes of a device, oldest first.
type History func(ctx context.Context, deviceID string) ([]devices.Change, error)

// DeviceChange is one change of a device: who, when and what.
type DeviceChange struct {
	Revision    uint64               `json:"revision"`
	Time        time.Time            `json:"time"`
	Author      string               `json:"author"`
	Note        string               `json:"note,omitempty"`
	Differences []devices.Difference `json:"differences" doc:"Fields with another value than before. Of credentials and external identities only that they changed."`
}

// DeviceHistory is what became of a device, oldest first.
type DeviceHistory struct {
	Changes []DeviceChange `json:"changes"`
}

// DeviceGroup is what operators made of devices, such as a lot or a contract.
type DeviceGroup struct {
	Name    string `json:"name"`
	Devices int    `json:"devices" doc:"In service."`
}

// DeviceGroupList is every group, by name.
type DeviceGroupList struct {
	Groups []DeviceGroup `json:"groups"`
}

func (s *Server) routeHistory(tags []string) {
	handle(s, huma.Operation{OperationID: "device-history", Method: http.MethodGet, Path: "/v1/devices/{id}/history", Tags: tags,
		Summary: "Who changed a device, when and what, oldest first", Errors: []int{501}}, s.deviceHistory)
	handle(s, huma.Operation{OperationID: "list-groups", Method: http.MethodGet, Path: "/v1/groups", Tags: tags,
		Summary: "Groups of devices"}, s.listGroups)
}

// deviceHistory answers a token for some comuni with what was done while the
// device stood in these.
func (s *Server) deviceHistory(ctx context.Context, in *DevicePath) (*body[DeviceHistory], error) {
	if err := has(s.o.History != nil, "history of devices"); err != nil {
		return nil, err
	}
	if _, err := s.deviceOf(ctx, in.ID); err != nil {
		return nil, err
	}
	changes, err := s.o.History(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := DeviceHistory{Changes: []DeviceChange{}}
	for i := range changes {
		c := &changes[i]
		if scopeOf(ctx).sees(c.After) {
			out.Changes = append(out.Changes, DeviceChange{
				Revision: c.Revision, Time: c.Time, Author: c.Author, Note: c.Note, Differences: append([]devices.Difference{}, c.Differences()...),
			})
		}
	}
	return &body[DeviceHistory]{Body: out}, nil
}

func (s *Server) listGroups(ctx context.Context, _ *none) (*body[DeviceGroupList], error) {
	count := make(map[string]int)
	for _, d := range s.o.Registry.Snapshot().All() {
		if d.Group != "" && !d.Retired && scopeOf(ctx).sees(d) {
			count[d.Group]++
		}
	}
	out := DeviceGroupList{Groups: []DeviceGroup{}}
	for name, n := range count {
		out.Groups = append(out.Groups, DeviceGroup{Name: name, Devices: n})
	}
	slices.SortFunc(out.Groups, func(a, b DeviceGroup) int { return cmp.Compare(a.Name, b.Name) })
	return &body[DeviceGroupList]{Body: out}, nil
}
