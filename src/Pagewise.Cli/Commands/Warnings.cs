using Pagewise.Cli.Terminal;

namespace Pagewise.Cli.Commands;

/// <summary>What a replay could not do as recorded, a line each on stderr.</summary>
internal static class Warnings
{
    /// <summary>Prints them.</summary>
    public static void Print(
        CommandConsole console, string file, IReadOnlyDictionary<string, long> warnings,
        IReadOnlyList<KeyValuePair<string, long>> unknownCalls)
    {
        foreach (KeyValuePair<string, long> warning in warnings)
            console.Warn(warning.Value == 1 ? $"{file}: {warning.Key}" : $"{file}: {warning.Key} ({warning.Value} times)");
        if (unknownCalls.Count > 0)
        {
            string names = string.Join(", ", unknownCalls.Select(call => $"{call.Key} ({call.Value})"));
            console.Warn($"{file}: calls that Pagewise does not know were passed over: {names}");
        }
    }
}
