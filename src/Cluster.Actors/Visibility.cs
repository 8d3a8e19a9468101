using System.Runtime.CompilerServices;

// The tests give the writer a connection that fails on demand, and entities a journal and regions of their own.
[assembly: InternalsVisibleTo("Cluster.Actors.Tests")]

// The tests of the journal's inspection make journals with a node's own classes.
[assembly: InternalsVisibleTo("Cluster.Journal.Tests")]
