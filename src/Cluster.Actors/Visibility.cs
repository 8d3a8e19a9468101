using System.Runtime.CompilerServices;

// The writer is tested against a connection that fails on demand, entities against a journal and regions of a test's.
[assembly: InternalsVisibleTo("Cluster.Actors.Tests")]
