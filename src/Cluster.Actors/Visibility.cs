using System.Runtime.CompilerServices;

// The tests give the writer a connection that fails on demand, and entities a journal and regions of their own.
[assembly: InternalsVisibleTo("Cluster.Actors.Tests")]
