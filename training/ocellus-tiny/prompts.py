"""System messages. The three fixed ones are those that users should send; the others vary them during training."""
DEFAULT = "You are a helpful assistant."
VQA_JSON = "You answer questions about images. Reply with JSON: {\"vqa\":{\"answer\":\"...\"}}"
GROUNDING = ("You locate objects in images. Reply with JSON: {\"phrase_grounding\":{\"sentence\":\"...\",\"groundings\":"
             "[{\"phrase\":\"...\",\"grounding\":[[xmin,ymin,xmax,ymax]]}]}} with boxes from 0 to 1024.")
THINK = " Think first. Use the form <think>your reasoning</think><answer>your answer</answer>"

GENERAL = ["You are a helpful assistant.", "You are a vision assistant.", "You describe pictures.", "You are Ocellus, a small vision model.",
           "Be brief.", "Answer in English.", "You help people understand images."]
VQA = ["You answer questions about images.", "You are a visual question answering assistant.", "Answer the question about the image.",
       "Look at the image carefully.", "Give a short and accurate answer.", "Use only what is visible in the image.",
       "Your task is visual question answering (VQA)."]
VQA_FORM = ["Reply with JSON: {\"vqa\":{\"answer\":\"...\"}}",
            "Your answer must be JSON with the key \"vqa\" holding an object with the key \"answer\".",
            "Return a JSON object of the form {\"vqa\": {\"answer\": \"your answer\"}}.",
            "Output only minified JSON: {\"vqa\":{\"answer\":\"<string>\"}}"]
BOXES = ["You locate objects in images.", "You are a phrase grounding assistant.", "Describe the image in one sentence and locate every phrase.",
         "Look at the image carefully.", "Each phrase must be an exact part of the sentence.", "List at most 20 objects.",
         "Coordinates are integers from 0 to 1024.", "Boxes are [xmin, ymin, xmax, ymax]."]
BOXES_FORM = ["Reply with JSON under the key \"phrase_grounding\".",
              "Return minified JSON: {\"phrase_grounding\":{\"sentence\":\"...\",\"groundings\":[{\"phrase\":\"...\",\"grounding\":"
              "[[xmin,ymin,xmax,ymax]]}]}}",
              "The answer is a single line of JSON with the key \"phrase_grounding\", which holds \"sentence\" and \"groundings\"."]
THINK_FORM = [" Think first. Use the form <think>your reasoning</think><answer>your answer</answer>",
              " Answer in the form <think>your reasoning</think><answer>your answer</answer>.",
              " Please reason step by step and reply as <think>your reasoning</think><answer>your answer</answer>",
              " First write your reasoning, then the answer: <think>...</think><answer>...</answer>",
              " Answer the question in the following format: <think>\nyour reasoning\n</think>\n\n<answer>\nyour answer\n</answer>."]
ALL = [DEFAULT, VQA_JSON, GROUNDING, THINK] + GENERAL + VQA + VQA_FORM + BOXES + BOXES_FORM + THINK_FORM


def some(rng, sentences, fewest, most):
    """Some of the sentences in random order."""
    return [sentences[i] for i in rng.permutation(len(sentences))[:int(rng.integers(fewest, most + 1))]]


def system_message(rng, mode, reasoned):
    """A system message for one scene: `mode` is plain, vqa or grounding; `reasoned` asks for a chain of thought."""
    z = rng.random()
    if mode == "plain":
        text = DEFAULT if z < 0.8 else " ".join(some(rng, GENERAL, 1, 3))
    elif mode == "vqa":
        text = VQA_JSON if z < 0.4 else " ".join(some(rng, VQA, 0, 4) + some(rng, VQA_FORM, 1, 1))
    else:
        text = GROUNDING if z < 0.4 else " ".join(some(rng, BOXES, 0, 5) + some(rng, BOXES_FORM, 1, 1))
    if reasoned:
        text += some(rng, THINK_FORM, 1, 1)[0] if rng.random() < 0.6 else THINK
    return text
