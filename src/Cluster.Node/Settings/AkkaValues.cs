using System.Globalization;
using Akka.Configuration;

namespace Cluster.Node.Settings;

/// <summary>
/// Checks single values of the operator's file. Each method returns an error as a sentence, or null. A value that the
/// file does not set is valid.
/// </summary>
internal static class AkkaValues
{
    /// <summary>A time above 0.</summary>
    public static string? FindErrorOfTime(Config file, string path) =>
        !file.HasPath(path) || ReadTime(file, path) > TimeSpan.Zero
            ? null
            : $"{path}: '{Text(file, path)}' is not a time such as 5s";

    /// <summary>A time from 0.</summary>
    public static string? FindErrorOfPause(Config file, string path) =>
        !file.HasPath(path) || ReadTime(file, path) >= TimeSpan.Zero
            ? null
            : $"{path}: '{Text(file, path)}' is not a time such as 5s, or 0s";

    /// <summary>A boolean, in one of the words of HOCON.</summary>
    public static string? FindErrorOfSwitch(Config file, string path) =>
        !file.HasPath(path) || Text(file, path) is "on" or "off" or "true" or "false" or "yes" or "no"
            ? null
            : $"{path}: '{Text(file, path)}' is neither on nor off";

    /// <summary>A whole number above 0.</summary>
    public static string? FindErrorOfCount(Config file, string path) =>
        !file.HasPath(path) || IsCount(Text(file, path))
            ? null
            : $"{path}: '{Text(file, path)}' is not a whole number from 1";

    /// <summary>A number above 0.</summary>
    public static string? FindErrorOfNumber(Config file, string path) =>
        !file.HasPath(path) || IsNumber(Text(file, path))
            ? null
            : $"{path}: '{Text(file, path)}' is not a number above 0, such as 8.0";

    /// <summary>The name of a class that derives from a type.</summary>
    public static string? FindErrorOfClass(Config file, string path, Type type, string what) =>
        !file.HasPath(path) || IsClass(Text(file, path), type) ? null : $"{path}: '{Text(file, path)}' is not {what}";

    /// <summary>Reads a time; null: the value is no time, or infinite.</summary>
    public static TimeSpan? ReadTime(Config config, string path)
    {
        try
        {
            return config.GetTimeSpan(path) is var time && time >= TimeSpan.Zero ? time : null;
        }
        catch (Exception)
        {
            return null; // the parser throws exceptions of many types
        }
    }

    /// <summary>The text of a value.</summary>
    public static string Text(Config config, string path)
    {
        try
        {
            return config.GetString(path) ?? "";
        }
        catch (Exception)
        {
            return ""; // a section, or a list
        }
    }

    /// <summary>Whether a text is a whole number above 0.</summary>
    public static bool IsCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0;

    private static bool IsNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number) && number > 0;

    private static bool IsClass(string name, Type type)
    {
        try
        {
            return Type.GetType(name) is { IsAbstract: false } found && found.IsAssignableTo(type);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException
            or TypeLoadException)
        {
            return false; // no such assembly, or not the name of a type
        }
    }
}
