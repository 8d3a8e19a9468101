namespace Cluster.Agent.Processes;

/// <summary>What the kernel says of a process or a thread in its file status: proc(5).</summary>
internal static class StatusFile
{
    /// <summary>The value of a field. Null: the process has ended, or the agent may not see it.</summary>
    /// <param name="path">/proc/PID/status or /proc/PID/task/TID/status.</param>
    /// <param name="field">Its name, without the colon.</param>
    public static string? Read(string path, string field)
    {
        try
        {
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith(field, StringComparison.Ordinal) && line.AsSpan(field.Length) is [':', .. var value])
                    return value.Trim().ToString();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is not there any more.
        }

        return null;
    }
}
