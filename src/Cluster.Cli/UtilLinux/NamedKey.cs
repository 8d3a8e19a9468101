namespace Cluster.Cli.UtilLinux;

/// <summary>A key, and the word that the user wrote for it.</summary>
internal readonly record struct NamedKey(int Value, string Word);
