package expression

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// genomicPattern matches an HGVS text on a chromosome: NC_000007.14:g.140753336A>T.
var genomicPattern = regexp.MustCompile(
	`^NC_0000(\d\d)\.(\d+):g\.(\d+)(?:_(\d+))?(?:([ACGTN]+)>([ACGTN]+)|ins([ACGTN]+)|[a-z=].*)$`)

// hgvsPattern matches any HGVS text with an accession: NM_004333.4:c.1799T>A.
var hgvsPattern = regexp.MustCompile(`^([A-Z][A-Za-z0-9_]*(?:\.\d+)?)(?:\([^()]*\))?:([cgmnopr])\.`)

// versionsOfGRCh37 are the versions of the accessions NC_000001 to NC_000024 in
// GRCh37. In NCBI36 each version is one less, in GRCh38 one more.
var versionsOfGRCh37 = [24]int{10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9}

var buildNames = map[int]string{-1: "NCBI36", 0: "GRCh37", 1: "GRCh38"}

// place is the content of a genomic HGVS text. Positions count from 1 and include both
// ends; of an insertion they are the two neighbours. Substitutions have bases, and insertions
// only new ones. The texts of other changes do not say the bases of the reference.
type place struct {
	build, chromosome      string
	start, stop            int
	reference, replacement string
}

// trimmed is an HGVS text without white space at its ends. Old records of CIViC have some, no-break spaces too.
// Characters without width are trimmed as well, because they are as invisible.
func trimmed(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Z, r) || unicode.Is(unicode.Cf, r)
	})
}

// placeOf parses an HGVS text. It returns false if the text is not on a chromosome of a known build.
func placeOf(text string) (place, bool) {
	m := genomicPattern.FindStringSubmatch(trimmed(text))
	if m == nil {
		return place{}, false
	}
	number, _ := strconv.Atoi(m[1])
	version, err := strconv.Atoi(m[2])
	if number < 1 || number > len(versionsOfGRCh37) || err != nil {
		return place{}, false
	}
	chromosome := cmp.Or(map[int]string{23: "X", 24: "Y"}[number], strconv.Itoa(number))
	p := place{chromosome: chromosome, reference: m[5], replacement: m[6]}
	p.build = buildNames[version-versionsOfGRCh37[number-1]]
	var err1, err2 error
	p.start, err1 = strconv.Atoi(m[3])
	p.stop, err2 = strconv.Atoi(cmp.Or(m[4], m[3]))
	if p.stop == p.start+1 && m[7] != "" {
		p.replacement = m[7]
	}
	return p, p.build != "" && err1 == nil && err2 == nil && p.start >= 1 && p.start <= p.stop
}

// genomicHGVS gives null if no text of the list is on a chromosome of the build, or if several differ.
func genomicHGVS(args ...any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	list, ok := args[0].([]any)
	if !ok {
		return nil, errors.New("genomic_hgvs wants a list of HGVS texts")
	}
	build, _ := args[1].(string)
	found := ""
	for _, element := range list {
		text, _ := element.(string)
		text = trimmed(text)
		if p, ok := placeOf(text); !ok || p.build != build || text == found {
			continue
		}
		if found != "" {
			return nil, nil
		}
		found = text
	}
	return orNull(found), nil
}

// hgvsPart gives a group of hgvsPattern.
func hgvsPart(group int) func(...any) (any, error) {
	return ofText(func(text string) any {
		m := hgvsPattern.FindStringSubmatch(trimmed(text))
		if m == nil {
			return nil
		}
		return m[group]
	})
}

// ofPlace gives a part of a genomic HGVS text.
func ofPlace(part func(place) any) func(...any) (any, error) {
	return ofText(func(text string) any {
		p, ok := placeOf(text)
		if !ok {
			return nil
		}
		return part(p)
	})
}
