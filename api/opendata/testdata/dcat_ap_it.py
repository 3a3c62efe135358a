"""Parses a catalogue with rdflib and checks what DCAT-AP_IT 1.0 makes mandatory.

usage: dcat_ap_it.py CATALOG.ttl CATALOG.jsonld CATALOG.rdf   (files or URLs)

The three must be one graph. Prints what is wrong, a line each, and ends with 1
then. Cardinalities are those of the ontology: of a data set exactly one
identifier, modified, rightsHolder and accrualPeriodicity; of a distribution
exactly one accessURL, format and license.
"""
import sys

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, XSD

IT = Namespace("http://dati.gov.it/onto/dcatapit#")
FORMATS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
MANY = None

RULES = {
    IT.Catalog: [(DCTERMS.title, 1, MANY), (DCTERMS.description, 1, MANY), (DCTERMS.publisher, 1, 1), (DCTERMS.modified, 1, 1), (DCAT.dataset, 1, MANY)],
    IT.Dataset: [
        (DCTERMS.identifier, 1, 1), (DCTERMS.title, 1, MANY), (DCTERMS.description, 1, MANY), (DCTERMS.modified, 1, 1),
        (DCAT.theme, 1, MANY), (DCTERMS.rightsHolder, 1, 1), (DCTERMS.accrualPeriodicity, 1, 1), (DCAT.distribution, 1, MANY),
    ],
    IT.Distribution: [(DCAT.accessURL, 1, 1), (DCTERMS["format"], 1, 1), (DCTERMS.license, 1, 1)],
    IT.Agent: [(DCTERMS.identifier, 1, 1), (FOAF.name, 1, MANY)],
    IT.LicenseDocument: [(DCTERMS.type, 1, 1), (FOAF.name, 1, MANY)],
}
TARGETS = {
    DCTERMS.publisher: IT.Agent, DCTERMS.rightsHolder: IT.Agent, DCAT.dataset: IT.Dataset,
    DCAT.distribution: IT.Distribution, DCTERMS.license: IT.LicenseDocument,
}
VOCABULARIES = {
    DCAT.theme: "http://publications.europa.eu/resource/authority/data-theme/",
    DCTERMS.accrualPeriodicity: "http://publications.europa.eu/resource/authority/frequency/",
    DCTERMS["format"]: "http://publications.europa.eu/resource/authority/file-type/",
}


def load(source):
    return Graph().parse(source, format=FORMATS[source.rsplit(".", 1)[1]])


def problems(g):
    for kind, rules in RULES.items():
        for subject in g.subjects(RDF.type, kind):
            for predicate, least, most in rules:
                objects = list(g.objects(subject, predicate))
                if len(objects) < least or most is not MANY and len(objects) > most:
                    yield f"{subject} has {len(objects)} of {predicate}"
                if most is MANY and objects and isinstance(objects[0], Literal) and "it" not in {o.language for o in objects}:
                    yield f"{subject} has no {predicate} in Italian"
    for predicate, kind in TARGETS.items():
        for subject, _, target in g.triples((None, predicate, None)):
            if (target, RDF.type, kind) not in g and not (predicate == DCTERMS.publisher and (target, RDF.type, IT.Agent) in g):
                yield f"{subject} {predicate} leads to {target}, which is no {kind}"
    for predicate, base in VOCABULARIES.items():
        for subject, _, term in g.triples((None, predicate, None)):
            if not isinstance(term, URIRef) or not str(term).startswith(base) or str(term) == base:
                yield f"{subject} {predicate} {term} is not of {base}"
    for subject, _, when in g.triples((None, DCTERMS.modified, None)):
        if when.datatype not in (XSD.date, XSD.dateTime) or when.ill_typed:
            yield f"{subject} was modified {when!r}"
    if not list(g.subjects(RDF.type, IT.Catalog)):
        yield "there is no catalogue"
    for dataset in g.subjects(RDF.type, IT.Dataset):
        if not list(g.subjects(DCAT.dataset, dataset)):
            yield f"{dataset} is in no catalogue"


def main(sources):
    graphs = [load(s) for s in sources]
    found = list(problems(graphs[0]))
    for source, g in zip(sources[1:], graphs[1:]):
        if not isomorphic(graphs[0], g):
            found.append(f"{source} is another graph than {sources[0]}: {len(g)} and {len(graphs[0])} statements")
    print("\n".join(found) or f"well: {len(graphs[0])} statements, {len(list(graphs[0].subjects(RDF.type, IT.Dataset)))} data sets")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
