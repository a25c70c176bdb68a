using System.Text;

namespace Pagewise.Replay.Tests;

/// <summary>Texts with parts taken out, doubled, exchanged, and words put in that readers of machine files and of /proc may trip over.</summary>
internal static class DamagedText
{
    private static readonly string[] Words =
    [
        "99999999999999999999", "-1", "0x10", "1e308", ".inf", "NaN", "\n", "\t", ": ", "- ", "? ", "[", "{", "[[[[[[[[[[[[[[[[[[[[", "}", "]", "&a ", "*a", "<<: ", "!!binary ", "'", "\"", "|\n  ", "%YAML 9.9\n", "---\n", "...\n",
        "16 TiB", "memory: ", "cgroups: ", "n0.DMA: ", "Node 0, zone ", "pages free ", "protection: (", "start_pfn: ", "\0", "\u00e4", "18446744073709551615", "9223372036854775807",
    ];

    /// <summary>One to three damages at random places.</summary>
    public static string Of(string original, Random random)
    {
        var text = new StringBuilder(original);
        for (int rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 1 << random.Next(1, 9)), text.Length - at);
            switch (random.Next(8))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 2 or 3 or 4:
                    text.Insert(at, Words[random.Next(Words.Length)]);
                    break;
                case 5:
                    int digit = Enumerable.Range(at, text.Length - at).FirstOrDefault(place => char.IsAsciiDigit(text[place]), -1);
                    if (digit >= 0)
                        text[digit] = (char)('0' + random.Next(10));
                    break;
                default:
                    if (at < text.Length)
                        text[at] = (char)random.Next(0, 128);
                    break;
            }
        }

        return text.ToString();
    }
}
