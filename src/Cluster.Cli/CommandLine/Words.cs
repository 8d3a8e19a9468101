using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Cluster.Cli.CommandLine;

/// <summary>Turns words of the command line into values, or says what is valid; and values into words.</summary>
internal static class Words
{
    /// <summary>The one word of an option or argument.</summary>
    public static T Read<T>(ArgumentResult result, Reader<T> read, string expected)
    {
        var values = ReadAll(result, read, expected);
        return values.Length > 0 ? values[0] : default!;
    }

    /// <summary>All words of an option or argument.</summary>
    public static T[] ReadAll<T>(ArgumentResult result, Reader<T> read, string expected)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (read(token.Value, out var value)) values.Add(value);
            else result.AddError($"{NameOf(result)}: '{token.Value}' is not {expected}");
        }

        return [.. values];
    }

    /// <summary>A whole number from lowest to highest.</summary>
    public static T Number<T>(ArgumentResult result, T lowest, T highest)
        where T : struct, IBinaryInteger<T> =>
        Read(result, NumberReader(lowest, highest), Expected(lowest, highest));

    /// <summary>Whole numbers from lowest to highest.</summary>
    public static T[] Numbers<T>(ArgumentResult result, T lowest, T highest)
        where T : struct, IBinaryInteger<T> =>
        ReadAll(result, NumberReader(lowest, highest), Expected(lowest, highest));

    /// <summary>A count with its noun: 1 member, 2 members.</summary>
    public static string Count(long count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    /// <summary>A list in a sentence: "a, b and c", "a, b or c".</summary>
    public static string List(IEnumerable<string> items, string last)
    {
        string[] all = [.. items];
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} {last} {all[^1]}";
    }

    private static Reader<T> NumberReader<T>(T lowest, T highest)
        where T : struct, IBinaryInteger<T> =>
        (string text, out T value) =>
            T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && value >= lowest && value <= highest;

    private static string Expected<T>(T lowest, T highest) =>
        string.Create(CultureInfo.InvariantCulture, $"a number from {lowest} to {highest}");

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
