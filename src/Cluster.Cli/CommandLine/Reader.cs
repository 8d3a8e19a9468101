namespace Cluster.Cli.CommandLine;

/// <summary>Reads one word of the command line. False: the word makes no sense.</summary>
internal delegate bool Reader<T>(string text, out T value);
