package execute

import (
	"slices"
	"sync"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/listing"
)

// shared is a list of records that requests share.
type shared struct {
	listing.Ordered
	places func() map[int]int // by id, made at the first use; nil if a record has no id of its own
}

// placesFor returns the places of ids, or nil if the filter has to test each record.
func (s shared) placesFor(f listing.Filter) map[int]int {
	if s.places == nil || !f.ByID() {
		return nil
	}
	return s.places()
}

// at returns the records with some ids, in the order of the list.
func (s shared) at(places map[int]int, ids any) listing.Ordered {
	var at []int
	for _, id := range listing.Elements(ids) {
		if place, ok := places[listing.Number(id)]; ok {
			at = append(at, place)
		}
	}
	slices.Sort(at)
	out := listing.Ordered{}
	for _, place := range slices.Compact(at) {
		out.Of, out.Group = append(out.Of, s.Of[place]), append(out.Group, s.Group[place])
	}
	return out
}

func placesOf(list listing.Ordered) map[int]int {
	places := make(map[int]int, len(list.Of))
	for i, r := range list.Of {
		places[listing.ID(r)] = i
	}
	if _, none := places[0]; none || len(places) < len(list.Of) {
		return nil
	}
	return places
}

// keptOrders bounds the lists that are kept.
const keptOrders = 200

// orders keeps shared lists: whole tables in an order, and their filtered forms.
type orders struct {
	mu   sync.Mutex
	made map[string]func() (shared, error)
}

func (o *orders) once(key string, make func() (listing.Ordered, error)) (shared, error) {
	o.mu.Lock()
	f := o.made[key]
	if f == nil {
		if len(o.made) >= keptOrders {
			clear(o.made)
		}
		f = sync.OnceValues(func() (shared, error) {
			list, err := make()
			return shared{list, sync.OnceValue(func() map[int]int { return placesOf(list) })}, err
		})
		o.made[key] = f
	}
	o.mu.Unlock()
	return f()
}
