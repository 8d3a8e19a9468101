namespace Cluster.Conformance.Stories;

/// <summary>Makes a script that shows a difference as short as it can be (delta debugging, Zeller 1999).</summary>
internal static class Shrinker
{
    /// <summary>The shortest script found for which <paramref name="differs"/> still holds.</summary>
    public static TScript Shrink<TScript>(TScript script, Func<TScript, bool> differs)
        where TScript : class, IScript<TScript>
    {
        for (var size = script.Length / 2; size > 0;)
        {
            var shorter = Pieces(script, size).FirstOrDefault(differs);
            if (shorter is not null) script = shorter;
            else size /= 2;
        }

        return script;
    }

    private static IEnumerable<TScript> Pieces<TScript>(TScript script, int size)
        where TScript : class, IScript<TScript>
    {
        for (var at = 0; at < script.Length; at += size) yield return script.Without(at, size);
    }
}
