namespace Pagewise.Cli;

/// <summary>The <c>pagewise</c> command.</summary>
internal static class Program
{
    private static int Main() => 2;
}
