namespace Cluster.Conformance.Semaphores;

/// <summary>Makes a script that shows a difference as short as it can be (delta debugging, Zeller 1999).</summary>
internal static class Shrinker
{
    /// <summary>The shortest script found for which <paramref name="differs"/> still holds.</summary>
    public static Script Shrink(Script script, Func<Script, bool> differs)
    {
        for (var size = script.Steps.Count / 2; size > 0;)
        {
            var shorter = Pieces(script, size).FirstOrDefault(differs);
            if (shorter is not null) script = shorter;
            else size /= 2;
        }

        return script;
    }

    private static IEnumerable<Script> Pieces(Script script, int size)
    {
        for (var at = 0; at < script.Steps.Count; at += size)
            yield return script with { Steps = [.. script.Steps.Take(at), .. script.Steps.Skip(at + size)] };
    }
}
